import { describe, expect, test } from 'vitest';
import { COMMON } from '../../src/formats/keras/common.ts';
import { LAYERS } from '../../src/formats/keras/layers.ts';
import { MORE } from '../../src/formats/keras/more/more.ts';
import { FormatError, init, Model } from '../../src/index.ts';
import { loadKeras, readKeras } from '../../src/keras/index.ts';
import { kerasLayers, layers } from '../../src/kerasLayers/index.ts';
import type { NDArray } from '../../src/ndarray.ts';
import { kerasCases } from '../fixtures/keras/read.ts';
import { all } from './all.ts';

/** A model of one layer, as a file with its weights left out. */
const sequential = (className: string, config: object, shape: readonly (number | null)[] = [null, 4, 3]) => ({
  'model.json': new TextEncoder().encode(
    JSON.stringify({
      modelTopology: {
        class_name: 'Sequential',
        config: {
          layers: [{ class_name: className, config: { name: 'it', batch_input_shape: shape, ...config } }],
        },
      },
      weightsManifest: [],
    }),
  ),
});

describe('layers of Keras by when they are loaded', () => {
  test('none is in two tables, but for those with rare options', () => {
    expect(Object.keys(COMMON).filter((name) => name in LAYERS)).toEqual([]);
    expect(Object.keys(MORE.layers).filter((name) => name in LAYERS || name in COMMON)).toEqual([]);
    expect(Object.keys(MORE.forms!).filter((name) => !(name in LAYERS || name in COMMON))).toEqual([]);
    expect(Object.keys(layers.layers).sort()).toEqual(Object.keys({ ...COMMON, ...MORE.layers }).sort());
    expect(Object.keys(layers.classes)).toEqual(Object.keys(kerasLayers));
  });

  test.each<[string, object, (number | null)[]?]>([
    ['Permute', { dims: [2, 1] }],
    ['Softmax', { axis: 1 }],
    ['ReLU', { max_value: 3 }],
    ['ThresholdedReLU', { theta: 0.5 }],
    ['MaxPooling1D', {}],
    ['GlobalAveragePooling1D', {}],
    ['RepeatVector', { n: 3 }, [null, 4]],
    ['TimeDistributed', { layer: { class_name: 'Flatten', config: {} } }],
    ['TimeDistributed', { layer: { class_name: 'Permute', config: { dims: [1] } } }],
  ])('%s needs no option', async (className, config, shape) => {
    const given = sequential(className, config, shape);
    expect(await readKeras(given)).toEqual(await readKeras(given, all));
  });

  test('what is no table of layers, and no storage, is refused', async () => {
    for (const given of [5, null, {}, [], kerasLayers]) {
      const read = (options: object) => readKeras(sequential('Flatten', {}), options);
      await expect(read({ layers: given })).rejects.toThrow(/layers.*unrolled\/keras-layers/);
      await expect(read({ storage: given })).rejects.toThrow(/storage.*unrolled\/keras-storage/);
    }
  });

  test.each(['Nothing', 'toString'])('%s, which is in none, is refused by layer and class', async (name) => {
    const words = new RegExp(`layer it \\(${name}\\).*not supported`);
    await expect(readKeras(sequential(name, {}), all)).rejects.toThrow(words);
    const refused = readKeras(sequential(name, {}));
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toBeInstanceOf(FormatError);
  });
});

test('shards may begin as a zip archive or an HDF5 file does; with a manifest no other file is read', async () => {
  await init({ kernels: 'simd' });
  const { 'model.json': bytes } = sequential('Dense', { units: 1, use_bias: false, activation: 'linear' });
  const json = JSON.parse(new TextDecoder().decode(bytes));
  const weights = [{ name: 'it/kernel', shape: [3, 1], dtype: 'float32' }];
  const model = new TextEncoder().encode(
    JSON.stringify({ ...json, weightsManifest: [{ paths: ['w'], weights }] }),
  );
  for (const start of [
    [0x50, 0x4b, 3, 4],
    [0x89, 0x48, 0x44, 0x46],
  ]) {
    // a number that only zeros meet, then 2 and 3
    const w = Uint8Array.of(...start, ...new Uint8Array(Float32Array.of(2, 3).buffer));
    const loaded = await loadKeras({ 'other.keras': Uint8Array.from(start), 'model.json': model, w });
    const x = { data: Float32Array.of(0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 2, 2), shape: [1, 4, 3] };
    expect([...(loaded.predict(x) as NDArray).data]).toEqual([5, 2, 3, 10]);
    loaded.dispose();
  }
});

test('models load without options as with all of them', async () => {
  const cases = [...(await kerasCases()), ...(await kerasCases('draws.zip'))];
  const text = (value: object) =>
    JSON.stringify(value, (_, each) => (ArrayBuffer.isView(each) ? `${each}` : each));
  for (const { name, file } of cases)
    expect(text(await readKeras(file)) === text(await readKeras(file, all)), name).toBe(true);
});

test('saved models with layers that were loaded are those with all layers', async () => {
  await init({ kernels: 'simd' });
  const model = await loadKeras(sequential('Permute', { dims: [2, 1] }));
  const x = { data: Float32Array.from({ length: 12 }, (_, i) => i), shape: [1, 4, 3] };
  const result = model.predict(x) as NDArray;
  expect(result.shape).toEqual([1, 3, 4]);
  expect([...result.data]).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  const again = Model.load(model.save(), { layers: kerasLayers });
  expect(again.forward({ data: x.data, shape: [4, 1, 3] })).toEqual(
    model.forward({ data: x.data, shape: [4, 1, 3] }),
  );
  model.dispose();
  again.dispose();
});
