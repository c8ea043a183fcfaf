import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { loadKeras } from '../../src/keras/index.ts';
import type { NDArray } from '../../src/ndarray.ts';
import { all } from './all.ts';

const folder = globalThis.process?.env?.UNROLLED_MODELS;

/** Bytes of a file in the folder. */
async function read(path: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(`${folder}/${path}`));
}

interface Entry {
  readonly path: string;
  readonly format: string;
  readonly oracle?: string;
}

/** Files of Keras and TensorFlow.js in the folder, from its index.json. */
const entries: Entry[] = folder
  ? JSON.parse(new TextDecoder().decode(await read('index.json'))).filter(({ format }: Entry) =>
      /^(h5|keras|tfjs-layers)/.test(format),
    )
  : [];

/** A file and, for model.json, those beside it. */
async function filesOf({ path, format }: Entry): Promise<Uint8Array | Record<string, Uint8Array>> {
  if (format !== 'tfjs-layers') return read(path);
  const { readdir } = await import('node:fs/promises');
  const from = path.slice(0, path.lastIndexOf('/'));
  const names = await readdir(`${folder}/${from}`);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await read(`${from}/${name}`)])),
  );
}

/** Files that lack what the model needs, and what the error says. */
const INCOMPLETE: Readonly<Record<string, RegExp>> = {
  'elazarg+nakdimon/model_js/model.json': /group1-shard\dof6\.bin/,
  'minimaxir+textgenrnn/textgenrnn/textgenrnn_weights.hdf5': /architecture/,
};

describe('models that people have published', () => {
  beforeAll(async () => {
    await init({ kernels: 'auto' });
  });

  if (!folder) {
    console.warn('UNROLLED_MODELS is not set: models that people have published are NOT tested');
    test.skip('UNROLLED_MODELS is not set', () => {});
    return;
  }

  test.each(entries.map((entry) => [entry.path, entry] as const))('%s', async (path, entry) => {
    const files = await filesOf(entry);
    const missing = INCOMPLETE[path];
    if (missing) {
      await expect(loadKeras(files, all)).rejects.toThrow(missing);
      return;
    }
    const model = await loadKeras(files, all);
    if (!entry.oracle) return;
    const oracle = JSON.parse(new TextDecoder().decode(await read(entry.oracle)));
    const [{ data, dims: shape }] = oracle.inputs;
    const result = model.predict({ data, shape }) as NDArray;
    const expected = oracle.outputs[0];
    expect(result.shape).toEqual(expected.dims);
    for (const [i, value] of expected.data.entries())
      expect(Math.abs(result.data[i]! - value)).toBeLessThan(1e-4);
  });
});
