import { openHdf5 } from '../../src/formats/hdf5/object.ts';
import { STORAGE } from '../../src/formats/hdf5/storage/storage.ts';
import { bytesOf } from '../fixtures/keras/read.ts';
import type { Broken, HostileFormat } from './format.ts';
import { linkedTwice, namesWithoutEnd } from './hdf5Bombs.ts';
import { file, WEIGHTS } from './keras.ts';
import { type Given, patched, placeOf } from './mutate.ts';

const TYPES = await bytesOf('types.h5');
/** Datasets of types.h5: contiguous, compact, in chunks with filters, never written, without elements. */
const PATHS = ['big-endian', 'compact', 'shuffled', 'checked', 'unwritten-chunks', 'empty', 'fixed'];

/** The second size of a dataset of types.h5 [2, 3], and its maximum. */
const SIZE = placeOf(TYPES, [2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]) + 8;
/** With another second size, as is its maximum. */
const wide = (...size: readonly number[]) => patched(patched(TYPES, SIZE, ...size), SIZE + 16, ...size);
/** Where the type of its floats begins. */
const FLOAT = placeOf(TYPES, [0x11, 0x20, 31, 0, 4, 0, 0, 0]);

/** The first chunk of `checked`: 8 numbers and their checksum. */
const CHECKED = placeOf(TYPES, [...new Uint8Array(Float32Array.of(0, 1, 2, 3, 4).buffer)]);
/** Sizes of its chunks: 8 elements of 4 bytes. */
const CHUNK = placeOf(TYPES, [8, 0, 0, 0, 4, 0, 0, 0, 0]);
/** The first chunk of `shuffled`, 42 bytes of zlib, and in the list of its chunks which filters were not applied. */
const PACKED = placeOf(TYPES, [0x78, 0x5e]);
const MASK = placeOf(TYPES, [42, 0, 0, 0, 0, 0, 0, 0]) + 4;

/** Each rule broken once. */
const BROKEN: readonly Broken[] = [
  ['another signature', patched(WEIGHTS, 1, 0), /signature of HDF5/],
  ['a superblock of version 9', patched(WEIGHTS, 8, 9), /superblock: expected version 0 to 3, got 9/],
  ['a file that is cut off', WEIGHTS.subarray(0, -1), /truncated: expected 12376 bytes, got 12375/],
  ['a root beyond the file', patched(WEIGHTS, 64, 0xff, 0xff, 0xff), /address 16777215 is outside/],
  // name and address of the first entry
  [
    'a group that contains itself',
    patched(WEIGHTS, placeOf(WEIGHTS, 'SNOD') + 16, WEIGHTS[64]!, 0),
    /nested too deep, or contain themselves/,
  ],
  ['a size beyond the file', { 'big-endian': wide(0xff, 0x3f) }, /go beyond the end of the file/],
  ['a size of 2^32', { 'big-endian': wide(0, 0, 0, 0, 1) }, /too many for a file of this size/],
  [
    'a size above its maximum',
    { 'big-endian': patched(TYPES, SIZE, 4) },
    /at most \[2,3\] elements, got \[2,4\]/,
  ],
  ['names without end', namesWithoutEnd(200, 100_000), /199\d{3} more bytes of data are too many/],
  ['groups linked twice', linkedTwice(17, 10), /more bytes of data are too many/],
  [
    'a float with another place of the sign',
    { 'big-endian': patched(TYPES, FLOAT + 2, 30) },
    /values of type float/,
  ],
  ['a float without an implied bit', { 'big-endian': patched(TYPES, FLOAT + 1, 0) }, /values of type float/],
  ['a float with another bias', { 'big-endian': patched(TYPES, FLOAT + 16, 126) }, /values of type float/],
  ['a filter that is unknown', { lzf: TYPES }, /filter 32000/],
  ['chunks of another size', { checked: patched(TYPES, CHUNK, 7) }, /expected chunks of 28 bytes, got 32/],
  [
    'a chunk that does not inflate',
    { shuffled: patched(patched(TYPES, PACKED + 2, 7), MASK, 4) },
    /a chunk does not inflate/,
  ],
  ['a checksum that does not match', { checked: patched(TYPES, CHECKED, 1) }, /the checksum of a chunk/],
  ['values of a compound type', { compound: TYPES }, /values of type compound/],
];

/** Reads all data of a file; of files by a path, what is at the path. */
function read(given: Given): void {
  if (!(given instanceof Uint8Array)) {
    for (const [path, bytes] of Object.entries(given)) openHdf5(bytes, STORAGE).get(path)?.dataset?.read();
    return;
  }
  const root = openHdf5(given, STORAGE);
  for (const name of root.attributes) root.attribute(name);
  for (const dataset of root.datasets().values()) dataset.read();
}

export const hdf5: HostileFormat = {
  name: 'hdf5',
  read,
  samples: async () => [
    WEIGHTS,
    file('SimpleRNN-sequences-h5.h5'),
    ...PATHS.map((path) => ({ [path]: TYPES })),
  ],
  broken: BROKEN,
  *large(): Iterable<readonly [string, Given]> {
    for (let i = 1; i < 8; i++) yield [`a size of 256^${i}`, { 'big-endian': wide(...Array(i).fill(0), 1) }];
    for (let i = 0; i < 4; i++)
      yield [`chunks of 256^${i} elements`, { checked: patched(TYPES, CHUNK, ...Array(i).fill(0), 1) }];
  },
};
