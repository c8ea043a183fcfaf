import { describe, expect, test } from 'vitest';
import { openHdf5 } from '../../../src/formats/hdf5/object.ts';
import { STORAGE } from '../../../src/formats/hdf5/storage/storage.ts';
import { bytesOf } from '../../fixtures/keras/read.ts';
import { patched, placeOf } from '../../hostile/mutate.ts';
import { drawFile, written } from './drawFile.ts';

describe.each(['default', 'v108', 'v110'])('files that the HDF5 library writes, libver %s', (libver) => {
  test('are read as they were written', async () => {
    let [read, dense] = [0, 0];
    for (let seed = 0; seed < 12; seed++) {
      const { bytes, datasets, attributes } = await drawFile(seed, libver);
      const root = openHdf5(bytes, STORAGE);
      expect([...root.datasets().keys()].sort()).toEqual([...datasets.keys()].sort());
      for (const [path, { shape, data }] of datasets) {
        expect(root.get(path)!.dataset!.read(), `${seed} ${path}`).toEqual({ shape, data });
        read++;
      }
      for (const [key, { shape, data }] of attributes) {
        const [path, name] = key.split('@') as [string, string];
        const object = root.get(path)!;
        if (object.attributes.length > 8) dense++;
        expect(object.attribute(name), `${seed} ${key}`).toEqual({ shape, data });
      }
    }
    expect(read).toBeGreaterThan(60);
    expect(dense).toBeGreaterThan(0);
  });
});

describe('types and layouts that h5py writes (generate.py, types.h5)', async () => {
  const root = openHdf5(await bytesOf('types.h5'), STORAGE);
  const read = (name: string) => root.get(name)!.dataset!.read();

  test.each([
    ['big-endian', [2, 3], Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25)],
    ['big-endian-int', [3], Int32Array.of(1, -2, 300_000)],
    ['half', [4], Uint16Array.of(0x3800, 0xc000, 2, 0x7bff), 'F16'],
    ['hard', [4], Uint16Array.of(0x3800, 0xc000, 2, 0x7bff), 'F16'],
    ['bool', [3], Int8Array.of(1, 0, 1)],
    ['shuffled', [20, 10], BigInt64Array.from({ length: 200 }, (_, i) => BigInt(i % 17))],
    ['checked', [31], Float32Array.from({ length: 31 }, (_, i) => i)],
    ['unwritten', [3, 2], new Float32Array(6)],
    ['unwritten-chunks', [9], new Float64Array(9)],
    ['empty', [0, 3], new Float32Array(0)],
    ['fixed', [2], ['ab', 'cde']],
    ['compact', [4], Float32Array.of(1, 2, 3, 4)],
    ['of-named-type', [2], Float32Array.of(1.5, 2.5)],
  ] as const)('%s', (name, shape, data, dtype: string | undefined = undefined) => {
    expect(read(name)).toEqual({ shape, data, dtype });
  });

  test('attributes', () => {
    expect(root.attribute('texts')!.data).toEqual(['naïve', '', 'text']);
    expect(root.attribute('scalar')).toEqual({ shape: [], data: ['one'] });
    expect(root.attribute('fixed')).toEqual({ shape: [], data: ['bytes'] });
    expect(root.attribute('none')).toBeUndefined();
  });

  test('what is not supported is refused by name when it is read', () => {
    expect(root.names).not.toContain('soft');
    expect(() => read('lzf')).toThrow(/lzf: filter 32000/);
    expect(() => read('compound')).toThrow(/compound: values of type compound/);
  });

  test('a checksum that does not match is refused', async () => {
    const bytes = await bytesOf('types.h5');
    const values = new Uint8Array(Float32Array.of(8, 9, 10, 11).buffer);
    const at = bytes.findIndex((_, i) => values.every((byte, k) => bytes[i + k] === byte));
    bytes[at + 2]! ^= 1;
    expect(() => openHdf5(bytes, STORAGE).get('checked')!.dataset!.read()).toThrow(/checksum/);
  });
});

describe('a file of HDF5 1.8 and later whose bytes were changed is refused: checksums', async () => {
  const bytes = await written('v108', (file) => {
    file.create_attribute('note', Float64Array.of(123.5));
    for (let i = 0; i < 20; i++) file.create_group(`group${i}`);
    const data = new Uint8Array(100).fill(1);
    file.create_dataset({ name: 'packed', data, shape: [100], chunks: [100], compression: 'gzip' } as never);
  });
  const read = (given: Uint8Array) => {
    const root = openHdf5(given, STORAGE);
    return [root.names.length, root.attribute('note')!.data, root.get('packed')!.dataset!.read().data.length];
  };

  test('as it is', () => {
    expect(read(bytes)).toEqual([21, Float64Array.of(123.5), 100]);
  });

  test.each([
    // version, sizes, flags, base address, extension, end, root, checksum
    ['the superblock', 47],
    ['the header of an object', placeOf(bytes, [...new Uint8Array(Float64Array.of(123.5).buffer)])],
    // signature, version, type, size of a node
    ['the head of a B-tree', placeOf(bytes, 'BTHD') + 14],
    // a hash comes first
    ['a leaf of a B-tree', placeOf(bytes, 'BTLF') + 6],
    // free space
    ['a fractal heap', placeOf(bytes, 'FRHP') + 40],
    // Adler-32 of a hundred ones: 1 + 100, and the sum of 1 + i
    ['a deflated chunk', placeOf(bytes, [5150 >> 8, 5150 & 255, 0, 101])],
  ])('%s', (_, at) => {
    expect(() => read(patched(bytes, at, bytes[at]! ^ 1))).toThrow(/checksum/);
  });
});

const none = (): never => {
  throw new Error('no storage');
};
const NONE = { chunks: none, objects: none };

test('chunks and fractal heaps only are read with their readers, all else is the same', async () => {
  let refused = 0;
  for (let seed = 0; seed < 12; seed++) {
    const { bytes } = await drawFile(seed, 'v110');
    const [root, whole] = [openHdf5(bytes, NONE), openHdf5(bytes, STORAGE)];
    const paths = [...whole.datasets().keys()];
    for (const path of paths) {
      try {
        const own = root.get(path)!.dataset!.read();
        expect(own, `${seed} ${path}`).toEqual(whole.get(path)!.dataset!.read());
      } catch (error) {
        expect((error as Error).message).toBe('no storage');
        refused++;
      }
    }
  }
  expect(refused).toBeGreaterThan(0);
});
