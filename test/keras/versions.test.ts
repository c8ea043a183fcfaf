import { zipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { inflate } from '../../src/formats/zip/inflate.ts';
import { readZip } from '../../src/formats/zip/zip.ts';
import { init } from '../../src/index.ts';
import { loadKeras, readKeras } from '../../src/keras/index.ts';
import type { NDArray } from '../../src/ndarray.ts';
import { kerasCases } from '../fixtures/keras/read.ts';
import { drawing } from '../hostile/mutate.ts';
import { all } from './all.ts';
import { caseOf } from './hostile.ts';

const CASES = await kerasCases();
const utf8 = (text: string) => new TextEncoder().encode(text);

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

/** A recurrent layer of 3 features and 4 units, as TensorFlow.js stores it. */
function files(
  className: string,
  weights: Record<string, { shape: number[]; data: Float32Array }>,
  opts = {},
) {
  const config = { name: 'it', units: 4, batch_input_shape: [null, 5, 3], ...opts };
  const entries = Object.entries(weights).map(([name, { shape }]) => {
    return { name: `it/${name}`, shape, dtype: 'float32' };
  });
  const bytes = Object.values(weights).flatMap(({ data }) => [...new Uint8Array(data.buffer)]);
  const model = { class_name: 'Sequential', config: { layers: [{ class_name: className, config }] } };
  const manifest = [{ paths: ['w'], weights: entries }];
  return {
    'model.json': utf8(JSON.stringify({ modelTopology: model, weightsManifest: manifest })),
    w: Uint8Array.from(bytes),
  };
}

function drawn(seed: number, ...shape: number[]) {
  const draw = drawing(seed);
  const length = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length }, () => draw(1000) / 1000 - 0.5) };
}

/** A matrix as CuDNN's layers of Keras 2 store it: the numbers of each gate's block in the order of its transpose. */
function asCudnn({ shape, data }: { shape: number[]; data: Float32Array }, gates: number) {
  const [rows, columns] = shape as [number, number];
  const units = columns / gates;
  const out = new Float32Array(data.length);
  for (let g = 0; g < gates; g++)
    for (let i = 0; i < rows; i++)
      for (let u = 0; u < units; u++) {
        const at = u * rows + i;
        out[Math.floor(at / units) * columns + g * units + (at % units)] = data[i * columns + g * units + u]!;
      }
  return { shape, data: out };
}

const X = drawn(9, 2, 5, 3);
const outputOf = async (given: Parameters<typeof loadKeras>[0]) =>
  ((await loadKeras(given, all)).predict(X) as NDArray).data;

describe('weights of CuDNN layers', () => {
  test('of LSTM: two biases one after the other, matrices transposed', async () => {
    const [kernel, recurrent, bias] = [drawn(1, 3, 16), drawn(2, 4, 16), drawn(3, 16)];
    const opts = { recurrent_activation: 'sigmoid' };
    const plain = await outputOf(files('LSTM', { kernel, recurrent_kernel: recurrent, bias }, opts));
    const other = drawn(4, 16).data;
    const both = Float32Array.from([...bias.data.map((b, i) => b - other[i]!), ...other]);
    const cudnn = {
      kernel: asCudnn(kernel, 4),
      recurrent_kernel: asCudnn(recurrent, 4),
      bias: { shape: [32], data: both },
    };
    for (const className of ['CuDNNLSTM', 'LSTM']) {
      const data = await outputOf(files(className, cudnn, opts));
      for (let i = 0; i < plain.length; i++) expect(data[i]).toBeCloseTo(plain[i]!, 5);
    }
  });

  test('of GRU', async () => {
    const [kernel, recurrent, bias] = [drawn(1, 3, 12), drawn(2, 4, 12), drawn(3, 2, 12)];
    const opts = { recurrent_activation: 'sigmoid', reset_after: true };
    const plain = await outputOf(files('GRU', { kernel, recurrent_kernel: recurrent, bias }, opts));
    const cudnn = {
      kernel: asCudnn(kernel, 3),
      recurrent_kernel: asCudnn(recurrent, 3),
      bias: { shape: [24], data: bias.data },
    };
    const data = await outputOf(files('CuDNNGRU', cudnn));
    for (let i = 0; i < plain.length; i++) expect(data[i]).toBeCloseTo(plain[i]!, 5);
  });
});

describe('versions of Keras', () => {
  const activationsOf = async (version: string | undefined) => {
    const members = readZip(caseOf(CASES, 'hard-sigmoid.keras').file, { format: 'keras', inflate });
    const archive = Object.fromEntries([...members].map(([name, { read }]) => [name, read()]));
    archive['metadata.json'] = utf8(JSON.stringify({ keras_version: version }));
    // deflated
    const { layers } = await readKeras(zipSync(archive));
    return layers.map(({ config }) => config.recurrentActivation).filter((found) => found !== undefined);
  };

  test('the slope of hard sigmoid is 1/6 in Keras 3, 0.2 in .keras files of Keras 2', async () => {
    const own = { name: 'hardsigmoid', alpha: 1 / 6 };
    expect(await activationsOf('3.4.1')).toEqual([own, own]);
    expect(await activationsOf(undefined)).toEqual([own, own]);
    expect(await activationsOf('2.15.0')).toEqual(['hardsigmoid', 'hardsigmoid']);
  });

  test('a GRU that does not say reset_after: its bias tells', async () => {
    const weights = { kernel: drawn(1, 3, 12), recurrent_kernel: drawn(2, 4, 12) };
    const configOf = async (bias: ReturnType<typeof drawn>) =>
      (await readKeras(files('GRU', { ...weights, bias }), all)).layers[0]!.config;
    expect(await configOf(drawn(3, 2, 12))).toMatchObject({ type: 'GRU', bias: true });
    expect(await configOf(drawn(3, 2, 12))).not.toHaveProperty('resetAfter');
    expect(await configOf(drawn(3, 12))).toMatchObject({ resetAfter: false, bias: 'single' });
  });

  test('a layer as activation, and weights in another order', async () => {
    const weights = { bias: drawn(2, 2), kernel: drawn(1, 3, 2) };
    const leaky = { class_name: 'LeakyReLU', config: { alpha: 0.1 } };
    const [layer] = (await readKeras(files('Dense', weights, { units: 2, activation: leaky }), all)).layers;
    expect(layer!.config.activation).toEqual({ name: 'leakyrelu', alpha: 0.1 });
    expect(layer!.weights.bias!.data).toEqual(weights.bias.data);
  });

  const manifestOf = (
    layers: unknown,
    weights: readonly (readonly [string, readonly number[], ...number[]])[],
  ) => {
    const entries = weights.map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
    const modelTopology = { class_name: 'Sequential', config: { layers } };
    return {
      'model.json': utf8(
        JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['w'], weights: entries }] }),
      ),
      w: new Uint8Array(Float32Array.from(weights.flatMap(([, , ...numbers]) => numbers)).buffer),
    };
  };

  test.each(['layers/', '_layer_checkpoint_dependencies/', ''])(
    'names of variables by number in %s',
    async (folder) => {
      const layers = [
        { class_name: 'Dense', config: { name: 'dense', units: 2, batch_input_shape: [null, 2] } },
      ];
      const given = manifestOf(layers, [
        [`${folder}dense/vars/0`, [2, 2], 1, 2, 3, 4],
        [`${folder}dense/vars/1`, [2], 0.5, -0.5],
      ]);
      const { data } = (await loadKeras(given, all)).predict({ data: [1, 2], shape: [1, 2] }) as NDArray;
      // [1, 2] · [[1, 2], [3, 4]] + [0.5, −0.5]
      expect([...data]).toEqual([7.5, 9.5]);
    },
  );

  test.each(['', '_'])('attention with the names %squery_dense: each weight at its place', async (before) => {
    const layers = [
      {
        class_name: 'InputLayer',
        name: 'x',
        config: { name: 'x', batch_input_shape: [null, 2, 1] },
        inbound_nodes: [],
      },
      {
        class_name: 'MultiHeadAttention',
        name: 'm',
        config: { name: 'm', num_heads: 1, key_dim: 1, value_dim: 1, use_bias: false, dropout: 0 },
        inbound_nodes: [[['x', 0, 0, { value: ['x', 0, 0] }]]],
      },
    ];
    const folder = `layers/multi_head_attention/${before}`;
    const given = manifestOf(layers, [
      [`${folder}key_dense/vars/0`, [1, 1, 1], 0],
      [`${folder}output_dense/vars/0`, [1, 1, 1], 3],
      [`${folder}query_dense/vars/0`, [1, 1, 1], 5],
      [`${folder}value_dense/vars/0`, [1, 1, 1], 2],
    ]);
    const json = JSON.parse(new TextDecoder().decode(given['model.json']));
    const config = { layers, input_layers: [['x', 0, 0]], output_layers: [['m', 0, 0]] };
    json.modelTopology = { class_name: 'Functional', config };
    const files = { ...given, 'model.json': utf8(JSON.stringify(json)) };
    const { data } = (await loadKeras(files, all)).predict({ data: [1, 3], shape: [1, 2, 1] }) as NDArray;
    // keys of 0: the mean of both steps, times 2, times 3
    expect([...data]).toEqual([12, 12]);
  });

  test('names of tensorflowjs 4.22 for a .keras file: by class and number, not by the layer', async () => {
    const weights = [
      ['bidirectional/backward_layer/cell/vars/0', [2, 1], 0.5, -0.25],
      ['bidirectional/backward_layer/cell/vars/1', [1, 1], 2],
      ['bidirectional/backward_layer/cell/vars/2', [1], 0.125],
      ['bidirectional/forward_layer/cell/vars/0', [2, 1], 1, 0.75],
      ['bidirectional/forward_layer/cell/vars/1', [1, 1], -1],
      ['bidirectional/forward_layer/cell/vars/2', [1], 0.25],
      ['dense/vars/0', [2, 2], 1, 2, 3, 4],
      ['dense/vars/1', [2], 0.5, -0.5],
      ['dense_1/vars/0', [2, 2], -1, 0.5, 2, -3],
      ['dense_1/vars/1', [2], 1, -1],
      ['rnn/cell/cells/gru_cell/vars/0', [1, 3], 0.5, 1, -1],
      ['rnn/cell/cells/gru_cell/vars/1', [1, 3], 1, 0.25, 0.5],
      ['rnn/cell/cells/gru_cell/vars/2', [2, 3], 0.5, 1, 0, -1, 0.25, 1],
      ['rnn/cell/cells/simple_rnn_cell/vars/0', [2, 1], 0.25, -0.5],
      ['rnn/cell/cells/simple_rnn_cell/vars/1', [1, 1], 0.5],
      ['rnn/cell/cells/simple_rnn_cell/vars/2', [1], 0.125],
    ] as const;
    const cell = { units: 1, activation: 'linear', recurrent_activation: 'sigmoid', reset_after: true };
    const dense = (name: string) => ({ class_name: 'Dense', config: { name, units: 2 } });
    const cells = ['SimpleRNNCell', 'GRUCell'].map((class_name) => ({ class_name, config: cell }));
    const inner = { class_name: 'SimpleRNN', config: { ...cell, return_sequences: true } };
    const layers = [
      {
        class_name: 'Bidirectional',
        config: { name: 'both', layer: inner, batch_input_shape: [null, 2, 2] },
      },
      dense('dense_1'),
      dense('dense'),
      {
        class_name: 'RNN',
        config: { name: 'rnn_4', cell: { class_name: 'StackedRNNCells', config: { cells } } },
      },
    ];
    const given = manifestOf(
      layers,
      weights.map(([name, ...rest]) => [`layers/${name}`, ...rest] as const),
    );
    const model = await loadKeras(given, all);
    const { data } = model.predict({ data: [1, 2, -1, 3], shape: [1, 2, 2] }) as NDArray;
    // Keras 3.15
    expect(data[0]).toBeCloseTo(14.001857, 5);
  });
});
