import { describe, expect, test } from 'vitest';
import { openHdf5 } from '../../../src/formats/hdf5/object.ts';
import { drawFile } from './drawFile.ts';

describe.each(['default', 'v108', 'v110'])('files that the HDF5 library writes, libver %s', (libver) => {
  test('are read as they were written', async () => {
    let [read, dense] = [0, 0];
    for (let seed = 0; seed < 12; seed++) {
      const { bytes, datasets, attributes } = await drawFile(seed, libver);
      const root = openHdf5(bytes);
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
