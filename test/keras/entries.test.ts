import { describe, expect, test } from 'vitest';
import { LAYERS } from '../../src/formats/keras/layers.ts';
import { FormatError } from '../../src/index.ts';
import { readKeras } from '../../src/keras/index.ts';
import { kerasLayers, layers } from '../../src/kerasLayers/index.ts';
import { kerasCases } from '../fixtures/keras/read.ts';
import { all } from './all.ts';

/** Layers of recurrent models of Keras. */
const COMMON =
  'SimpleRNN LSTM GRU CuDNNLSTM CuDNNGRU Bidirectional Embedding Masking Dense Dropout GaussianDropout GaussianNoise AlphaDropout SpatialDropout1D Activation ReLU LeakyReLU ELU Softmax LayerNormalization BatchNormalization Conv1D MaxPooling1D AveragePooling1D Flatten Reshape RepeatVector TimeDistributed Concatenate Add Multiply Attention AdditiveAttention GlobalMaxPooling1D GlobalAveragePooling1D';

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

describe('layers of Keras by entry', () => {
  test('none is in both, but for those with rare options', () => {
    expect(Object.keys(layers.layers).filter((name) => name in LAYERS)).toEqual([]);
    expect(Object.keys(layers.forms).filter((name) => !(name in LAYERS))).toEqual([]);
    expect(Object.keys(layers.classes)).toEqual(Object.keys(kerasLayers));
  });

  test('what recurrent models have needs no other entry', () => {
    expect(COMMON.split(' ').filter((name) => !(name in LAYERS))).toEqual([]);
  });

  test.each([
    ['Permute', { dims: [2, 1] }],
    ['MultiHeadAttention', {}],
    ['Operation', {}],
    ['Softmax', { axis: 1 }],
    ['ReLU', { max_value: 3 }],
    ['Reshape', { newshape: [null, 12] }],
    ['Add', {}],
    ['BatchNormalization', { axis: 1 }],
    ['TimeDistributed', { layer: { class_name: 'LSTM', config: { units: 2 } } }],
  ] as const)('%s is refused without it: layer, class, and what to import', (className, config) => {
    const read = () => readKeras(sequential(className, config));
    expect(read).toThrow(FormatError);
    expect(read).toThrow(
      new RegExp(`layer it \\(${className}\\).*unrolled/keras-layers.*loadKeras\\(files, \\{ layers \\}\\)`),
    );
  });

  test('what is no table of layers, and no storage, is refused', () => {
    for (const given of [5, null, {}, [], kerasLayers]) {
      const read = (options: object) => () => readKeras(sequential('Flatten', {}), options);
      expect(read({ layers: given })).toThrow(/layers.*unrolled\/keras-layers/);
      expect(read({ storage: given })).toThrow(/storage.*unrolled\/keras-storage/);
    }
  });

  test('one that is in none is refused with both', () => {
    expect(() => readKeras(sequential('Nothing', {}), all)).toThrow(/layer it \(Nothing\).*not supported/);
    expect(() => readKeras(sequential('toString', {}), all)).toThrow(/layer it \(toString\).*not supported/);
    expect(() => readKeras(sequential('toString', {}))).toThrow(/layer it \(toString\)/);
  });
});

test('models that load without the other entries are those that load with them', async () => {
  let count = 0;
  const cases = [...(await kerasCases()), ...(await kerasCases('draws.zip'))];
  for (const { file } of cases) {
    let own: ReturnType<typeof readKeras>;
    try {
      own = readKeras(file);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(/unrolled\/keras-(layers|storage)/);
      continue;
    }
    count++;
    expect(own).toEqual(readKeras(file, all));
  }
  expect(count).toBeGreaterThan(cases.length / 2);
});
