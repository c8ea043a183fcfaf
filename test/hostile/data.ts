import { parseWav, serializeWav } from '../../src/data/index.ts';
import { readNpy } from '../../src/formats/npy/npy.ts';
import type { HostileFormat } from './format.ts';
import { type Given, utf8 } from './mutate.ts';

/** An array of NumPy with a header of one's own. */
function array(header: string, data: number, version = 1): Uint8Array {
  const padded = utf8(`${header.padEnd(117)}\n`);
  const length =
    version === 1
      ? [padded.length & 255, padded.length >> 8]
      : [...new Uint8Array(Uint32Array.of(padded.length).buffer)];
  return Uint8Array.from([
    0x93,
    ...utf8('NUMPY'),
    version,
    0,
    ...length,
    ...padded,
    ...new Uint8Array(data).fill(1),
  ]);
}

const npyHeader = (shape: string, descr = '<f4', fortran = 'True') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;

export const npy: HostileFormat = {
  name: 'npy',
  read: (given) => void readNpy(given as Uint8Array),
  samples: async () => [
    array(npyHeader('2, 3'), 24),
    array(npyHeader('6,', '<i8', 'False'), 48, 2),
    array(npyHeader('2, 1, 3', '|u1'), 6, 3),
  ],
  broken: [
    ['another magic number', utf8('\x93NUMPX\x01\x00123456'), /first ones/],
    ['version 4', array(npyHeader('2, 3'), 24, 4), /version 4/],
    ['a header beyond the file', array(npyHeader('2, 3'), 24).subarray(0, 60), /header of/],
    ['a header of another form', array("{'shape': (2, 3)}", 24), /header/],
    ['Python objects', array(npyHeader('2, 3', '|O8'), 48), /header|type/],
    ['complex numbers', array(npyHeader('2, 3', '<c8'), 48), /type c8/],
    ['big-endian numbers', array(npyHeader('2, 3', '>f4'), 24), /big-endian/],
    ['a shape beyond the file', array(npyHeader('2, 4'), 24), /needs 32/],
    ['a shape of 2^60', array(npyHeader('1073741824, 1073741824'), 24), /2\^53/],
    ['trailing bytes', array(npyHeader('2, 3'), 25), /needs 24/],
  ],
  *large(): Iterable<readonly [string, Given]> {
    yield ['a header of 4 GiB', Uint8Array.from([0x93, ...utf8('NUMPY'), 2, 0, 255, 255, 255, 255, 0])];
    yield ['no elements, large sizes', array(npyHeader('0, 9007199254740991, 9007199254740991'), 0)];
    yield ['4,000 dimensions', array(npyHeader('1,'.repeat(4000)), 4)];
    yield ['4,000 dimensions of no elements', array(npyHeader(`0,${'2,'.repeat(4000)}`), 0)];
    yield ['a size of 9,000 digits', array(npyHeader('9'.repeat(9000)), 4)];
    yield ['spaces', array(npyHeader(' '.repeat(9000)), 4)];
  },
};

/** A file of WAV with a format of one's own. */
function sound(
  format: number,
  channels: number,
  bits: number,
  data: number,
  block = (channels * bits) >> 3,
): Uint8Array {
  const bytes = new Uint8Array(44 + data);
  bytes.set(utf8('RIFF____WAVEfmt '));
  const view = new DataView(bytes.buffer);
  view.setUint32(16, 16, true);
  view.setUint16(20, format, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint16(32, block, true);
  view.setUint16(34, bits, true);
  bytes.set(utf8('data'), 36);
  view.setUint32(40, data, true);
  return bytes;
}

export const wav: HostileFormat = {
  name: 'wav',
  read: (given) => void parseWav(given as Uint8Array),
  samples: async () => {
    const channels = [Float32Array.of(0.1, -0.2, 0.3), Float32Array.of(0.5, 0, -1)];
    return (['int16', 'int24', 'float32'] as const).map((format) =>
      serializeWav({ sampleRate: 8000, channels }, { format }),
    );
  },
  broken: [
    ['nothing', new Uint8Array(), /RIFF/],
    ['RIFX', utf8('RIFX____WAVE'), /RIFF/],
    ['no chunks', utf8('RIFF____WAVE'), /data chunk/],
    ['no format', utf8('RIFF____WAVEdata\0\0\0\0'), /fmt/],
    ['a short format', utf8('RIFF____WAVEfmt \x02\0\0\0\0\0'), /fmt/],
    ['no channels', sound(1, 0, 16, 8), /channels/],
    ['samples of 12 bits', sound(1, 1, 12, 8), /12/],
    ['floats of 16 bits', sound(3, 1, 16, 8), /16/],
    ['A-law', sound(6, 1, 8, 8), /6/],
  ],
  *large(): Iterable<readonly [string, Given]> {
    yield ['65,535 channels of nothing', sound(1, 65_535, 8, 0, 65_535)];
    yield ['65,535 channels of one sample', sound(1, 65_535, 8, 65_535, 65_535)];
    yield ['65,535 channels of 64 bits', sound(3, 65_535, 64, 8)];
    yield ['8 bits, 4 MiB', sound(1, 1, 8, 2 ** 22)];
    const chunks = new Uint8Array(2 ** 22);
    chunks.set(utf8('RIFF____WAVE'));
    yield ['500,000 empty chunks', chunks];
  },
};
