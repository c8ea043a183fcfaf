import { describe, expect, test } from 'vitest';
import { parseWav, serializeWav, type WavFormat } from '../../src/data/index.ts';
import { FormatError, ShapeError } from '../../src/errors.ts';
import { expectThrows } from '../errors.ts';

const left = Float32Array.of(0, 0.5, -1, 0.25, -0.125);
const right = Float32Array.of(-0.5, 1, 0.75, 0, 0.0625);
const wav = { sampleRate: 44100, channels: [left, right] };

/** A file with this fmt chunk and data, and an odd chunk before them. */
function file(format: readonly number[], data: readonly number[]): Uint8Array<ArrayBuffer> {
  const chunk = (name: string, body: readonly number[]) => [
    ...name.split('').map((c) => c.charCodeAt(0)),
    ...[0, 8, 16, 24].map((bits) => (body.length >> bits) & 255),
    ...body,
    ...(body.length % 2 ? [0] : []),
  ];
  const body = [...chunk('LIST', [1, 2, 3]), ...chunk('fmt ', format), ...chunk('data', data)];
  return Uint8Array.from([
    ...chunk('RIFF', []).slice(0, 8),
    ...'WAVE'.split('').map((c) => c.charCodeAt(0)),
    ...body,
  ]);
}

const fmt = (code: number, channels: number, bits: number, block = 0) => [
  ...[code & 255, code >> 8, channels, 0, 0x40, 0x1f, 0, 0, 0, 0, 0, 0, block, 0, bits, 0],
];

describe('WAV', () => {
  test.each<[WavFormat, number]>([
    ['int16', 2 ** -15],
    ['int24', 2 ** -23],
    ['float32', 0],
  ])('%s is read as it was written, within half a step', (format, step) => {
    const read = parseWav(serializeWav(wav, { format }));
    expect(read.sampleRate).toBe(44100);
    for (const [c, channel] of read.channels.entries())
      for (const [i, x] of channel.entries())
        expect(Math.abs(x - wav.channels[c]![i]!)).toBeLessThanOrEqual(step);
  });

  test('clips, and pads an odd number of bytes', () => {
    const bytes = serializeWav(
      { sampleRate: 8000, channels: [Float32Array.of(2, -2, Number.NaN)] },
      { format: 'int24' },
    );
    expect(bytes.length).toBe(44 + 10);
    expect([...parseWav(bytes).channels[0]!]).toEqual([1 - 2 ** -23, -1, 0]);
  });

  test('reads 8, 32 and 64 bits, the extensible form and unaligned bytes', () => {
    expect([...parseWav(file(fmt(1, 1, 8), [0, 128, 192])).channels[0]!]).toEqual([-1, 0, 0.5]);
    expect([...parseWav(file(fmt(1, 1, 32), [0, 0, 0, 0x80, 0, 0, 0, 0x40])).channels[0]!]).toEqual([
      -1, 0.5,
    ]);
    expect([...parseWav(file(fmt(3, 1, 64), [0, 0, 0, 0, 0, 0, 0xe0, 0x3f])).channels[0]!]).toEqual([0.5]);
    const extensible = [...fmt(0xfffe, 2, 16), 22, 0, 16, 0, 3, 0, 0, 0, 1, 0, ...Array(14).fill(0)];
    const bytes = file(extensible, [0, 0x40, 0, 0xc0]);
    const moved = new Uint8Array(bytes.length + 1);
    moved.set(bytes, 1);
    expect(parseWav(moved.subarray(1)).channels.map(([x]) => x)).toEqual([0.5, -0.5]);
  });

  test('samples in wider containers are refused', () => {
    // three frames of 24 bits in 4 bytes
    const frames = [0, 0, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 0x40, 0];
    expectThrows(() => parseWav(file(fmt(1, 1, 24, 4), frames)), ['3', '1', '24', '4'], FormatError);
    expectThrows(() => parseWav(file(fmt(1, 2, 16, 2), frames)), ['4', '2', '16'], FormatError);
    expect([...parseWav(file(fmt(1, 1, 24, 3), [0, 0, 0x40, 0, 0, 0xc0])).channels[0]!]).toEqual([0.5, -0.5]);
  });

  test('reads what is there of a file that was cut', () => {
    const bytes = serializeWav(wav);
    for (let n = 0; n < bytes.length; n++) {
      const cut = bytes.slice(0, n);
      if (n < 44) expect(() => parseWav(cut)).toThrow(FormatError);
      else expect(parseWav(cut).channels[1]).toEqual(parseWav(bytes).channels[1]!.slice(0, (n - 44) >> 2));
    }
  });

  test('changed bytes give an error of the format or samples', () => {
    const bytes = serializeWav(wav);
    for (let i = 0; i < 44; i++) {
      for (const value of [0, 1, 127, 255]) {
        const changed = Uint8Array.from(bytes);
        changed[i] = value;
        try {
          const { channels } = parseWav(changed);
          expect(channels.reduce((n, { length }) => n + length, 0)).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }
    }
  });

  test('refuses other arguments', () => {
    expectThrows(() => parseWav(1e9 as never), ['bytes']);
    expectThrows(() => serializeWav({ sampleRate: 0, channels: [left] }), ['sampleRate']);
    expectThrows(() => serializeWav({ sampleRate: 1, channels: [] }), ['channels']);
    // 16 bits have the bytes of all channels
    for (const [format, most] of [
      ['int16', 32767],
      ['int24', 21845],
      ['float32', 16383],
    ] as const) {
      const channels = Array.from({ length: most }, () => Float32Array.of(0));
      expect(parseWav(serializeWav({ sampleRate: 1, channels }, { format })).channels).toHaveLength(most);
      channels.push(Float32Array.of(0));
      expectThrows(
        () => serializeWav({ sampleRate: 1, channels }, { format }),
        ['channels', `1 to ${most} arrays`],
      );
    }
    expectThrows(
      () => serializeWav({ sampleRate: 1, channels: [left, Float32Array.of(1)] }),
      ['channels[1]'],
      ShapeError,
    );
    for (const format of ['mp3', ['int24'], Object.create(null)])
      expectThrows(() => serializeWav(wav, { format: format as never }), ['format', 'one of int16']);
    for (const [samples, argument] of [
      [[1, 'x', {}], 'channels[1][1]'],
      [[1, undefined, 2], 'channels[1][1]'],
      [BigInt64Array.of(1n, 2n, 3n), 'channels[1][0]'],
      ['abc', 'channels[1]'],
      [null, 'channels[1]'],
    ] as const) {
      const channels = [Float32Array.of(1, 2, 3), samples as never];
      expectThrows(() => serializeWav({ sampleRate: 1, channels }), [argument]);
    }
  });
});
