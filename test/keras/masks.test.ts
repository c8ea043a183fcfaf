import { beforeAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/formats/keras/json.ts';
import { init } from '../../src/index.ts';
import { loadKeras } from '../../src/keras/index.ts';
import type { NDArray } from '../../src/ndarray.ts';
import { call, inputLayer, layer, model, tensor } from '../formats/kerasConfigs.ts';
import { utf8 } from '../hostile/mutate.ts';
import { all } from './all.ts';

// expected numbers are Keras 3.15's, of this input, whose third step the mask excludes
const X = { data: [1, 2, 3, 5, 0, 0, -1, 2], shape: [1, 4, 2] };

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

/** A layer's class and options, and the names of what it reads. */
type Row = readonly [className: string, config: JsonObject, ...inputs: Json[]];

/** A weight, whose numbers are 0.1, 0.2 and so on. */
interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Files of an input `x`, the layer `mask` behind it, and layers; the last one is the output. */
function filesOf(
  rows: Readonly<Record<string, Row>>,
  keras_version: string | undefined,
  weights: readonly Weight[] = [],
) {
  const read = (input: Json): Json => (typeof input === 'string' ? tensor(input) : input);
  const layers = Object.entries({ mask: ['Masking', { mask_value: 0 }, 'x'] as Row, ...rows }).map(
    ([name, [className, config, ...inputs]]) => {
      const isOperation = config.operation === true;
      const { operation: _, initial_state, ...own } = config;
      const made = isOperation
        ? { class_name: className, config: { ...own, name }, name }
        : layer(className, { ...own, name }, { name });
      const isList = !isOperation && inputs.length > 1;
      return {
        ...made,
        inbound_nodes: [
          call(
            isList ? [inputs.map(read)] : inputs.map(read),
            initial_state ? { initial_state: read(initial_state) } : {},
          ),
        ],
      };
    },
  );
  const x = { ...inputLayer('x', [null, 4, 2]), name: 'x', inbound_nodes: [] };
  const ends = { input_layers: [['x', 0, 0]], output_layers: [[Object.keys(rows).at(-1)!, 0, 0]] };
  const config = model('Functional', { name: 'm', layers: [x, ...layers], ...ends });
  const count = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  const entries = weights.map((each) => ({ ...each, dtype: 'float32' }));
  const topology = { model_config: config, ...(keras_version ? { keras_version } : {}) };
  return {
    'model.json': utf8(
      JSON.stringify({ modelTopology: topology, weightsManifest: [{ paths: ['w'], weights: entries }] }),
    ),
    w: new Uint8Array(Float32Array.from({ length: count }, (_, i) => (i + 1) / 10).buffer),
  };
}

async function predicted(
  rows: Readonly<Record<string, Row>>,
  version?: string,
  weights?: readonly Weight[],
  x = X,
) {
  const given = await loadKeras(filesOf(rows, version, weights), all);
  const { data, shape } = given.predict(x) as NDArray;
  return { data: [...data], shape };
}

async function expectMean(
  rows: Readonly<Record<string, Row>>,
  expected: readonly number[],
  weights?: readonly Weight[],
) {
  const last = Object.keys(rows).at(-1)!;
  const { data } = await predicted(
    { ...rows, mean: ['GlobalAveragePooling1D', {}, last] },
    '3.15.1',
    weights,
  );
  for (const [i, value] of expected.entries()) expect(data[i]).toBeCloseTo(value, 4);
}

const PLAIN = { center: false, scale: false, epsilon: 1e-3 };
const OPERATION = { operation: true };

describe('masks', () => {
  test.each<[string, Row, number[]]>([
    [
      'LayerNormalization of steps',
      ['LayerNormalization', { axis: 1, ...PLAIN }, 'mask'],
      [0.168992, 0.420018],
    ],
    ['of both', ['LayerNormalization', { axis: [1, 2], ...PLAIN }, 'mask'], [-0.277307, 0.831922]],
    ['UnitNormalization of steps', ['UnitNormalization', { axis: 1 }, 'mask'], [0.301511, 0.522233]],
    ['Rescaling', ['Rescaling', { scale: 2, offset: 0 }, 'mask'], [2, 6]],
  ])('are kept by %s', (_, row, expected) => expectMean({ own: row }, expected));

  test('are kept by PReLU of each value', () =>
    expectMean(
      { own: ['PReLU', { shared_axes: null }, 'mask'] },
      [(1 + 3 - 0.7) / 3, 3],
      [{ name: 'own/alpha', shape: [4, 2] }],
    ));

  test.each([false, true])('exclude all steps of a batch, return_sequences %s', async (return_sequences) => {
    const rows: Record<string, Row> = {
      l: ['LSTM', { units: 1, return_sequences }, 'mask'],
      d: ['Dense', { units: 2 }, 'l'],
    };
    const weights = [
      { name: 'l/kernel', shape: [2, 4] },
      { name: 'l/recurrent_kernel', shape: [1, 4] },
      { name: 'l/bias', shape: [4] },
      { name: 'd/kernel', shape: [1, 2] },
      { name: 'd/bias', shape: [2] },
    ];
    const { data } = await predicted(rows, '3.15.1', weights, { data: X.data.map(() => 0), shape: X.shape });
    expect(data.length).toBe(return_sequences ? 8 : 2);
    for (const [i, value] of data.entries()) expect(value).toBeCloseTo(i % 2 ? 2 : 1.9, 5);
  });

  test('what is made of all steps is seen at steps that do not count', async () => {
    const { data } = await predicted(
      { own: ['LayerNormalization', { axis: 1, ...PLAIN }, 'mask'] },
      '3.15.1',
    );
    expect(data[4]).toBeCloseTo(-0.506977, 5);
    expect(data[5]).toBeCloseTo(-1.26005, 4);
  });

  test.each<[string, Row, number[]]>([
    ['x * 2', ['Multiply', OPERATION, 'mask', 2], [1.5, 4.5]],
    ['x + x', ['Add', OPERATION, 'mask', 'mask'], [1.5, 4.5]],
    ['ops.relu', ['Relu', OPERATION, 'mask'], [1, 2.25]],
    ['Permute', ['Permute', { dims: [1, 2] }, 'mask'], [0.75, 2.25]],
    ['Reshape', ['Reshape', { target_shape: [-1, 2] }, 'mask'], [0.75, 2.25]],
  ])('are dropped by %s', (_, row, expected) => expectMean({ own: row }, expected));

  const POOL: Row = ['AveragePooling1D', { pool_size: 3, strides: 1, padding: 'same' }, 'mask'];
  test.each<[string, number[]]>([
    ['Multiply', [1.79167, 5.75]],
    ['Maximum', [1.29167, 3.20833]],
    ['Minimum', [0.5, 1.91667]],
    ['Add', [1.625, 4.54167]],
  ])('%s of inputs with and without one leaves masked steps out', async (type, expected) => {
    for (const inputs of [
      ['mask', 'pool'],
      ['pool', 'mask'],
    ])
      await expectMean({ pool: POOL, own: [type, {}, ...inputs] }, expected);
  });

  test.each<[string, number[]]>([
    ['Multiply', [1, 1]],
    ['Maximum', [0, 0]],
  ])('%s of inputs with masks, at the step that does not count', async (type, expected) => {
    const offset = type === 'Multiply' ? 1 : 0;
    const rows: Record<string, Row> = {
      more: ['Rescaling', { scale: 1, offset: 1 }, 'mask'],
      own: [type, {}, 'mask', 'more'],
      last: ['Rescaling', { scale: 2, offset }, 'own'],
    };
    expect((await predicted(rows, '3.15.1')).data.slice(4, 6)).toEqual(expected);
  });

  test('joins of Keras 3.3 keep the mask, as those of Keras 2; of an unknown version they are refused', async () => {
    const rows: Record<string, Row> = {
      pool: POOL,
      own: ['Multiply', {}, 'mask', 'pool'],
      mean: ['GlobalAveragePooling1D', {}, 'own'],
    };
    const { data } = await predicted(rows, '3.3.3');
    expect(data[0]).toBeCloseTo((2 + 4 + 0.5) / 3, 4);
    await expect(predicted(rows)).rejects.toThrow(/layer own \(Multiply\): masks .* version/);
  });

  test.each<[string, Record<string, Row>, RegExp]>([
    ['joined on steps', { pool: POOL, own: ['Concatenate', { axis: 1 }, 'mask', 'pool'] }, /own .*axis 1/],
    [
      'of a layer, and none of another one',
      {
        a: ['GlobalAveragePooling1D', {}, 'mask'],
        b: ['GlobalAveragePooling1D', {}, 'x'],
        own: ['Add', {}, 'a', 'b'],
      },
      /layer b .*sees steps/,
    ],
  ])('are refused: %s', async (_, rows, words) => {
    await expect(predicted(rows, '3.15.1')).rejects.toThrow(words);
  });
});

describe('a recurrent layer with initial states sees no mask, but passes it on', () => {
  const state: Row = ['GlobalMaxPooling1D', {}, 'mask'];
  const config = { units: 2, return_sequences: true, initial_state: 'state' };
  const own: Row = ['SimpleRNN', config, 'mask'];
  const weights = [
    { name: 'own/kernel', shape: [2, 2] },
    { name: 'own/recurrent_kernel', shape: [2, 2] },
    { name: 'own/bias', shape: [2] },
  ];

  test.each<[string, Row, number[]]>([
    ['forward', own, [0.995872, 0.998217]],
    ['backwards', ['SimpleRNN', { ...config, go_backwards: true }, 'mask'], [0.98769, 0.993816]],
  ])('%s', (_, row, expected) => expectMean({ state, own: row }, expected, weights));

  test('its own output at a step that does not count', async () => {
    const { data } = await predicted({ state, own }, '3.15.1', weights);
    for (const [i, value] of [0.970424, 0.983657].entries()) expect(data[4 + i]).toBeCloseTo(value, 5);
  });

  test('Attention gives zeros there', async () => {
    const { data } = await predicted({ state, own, a: ['Attention', {}, 'own', 'own'] }, '3.15.1', weights);
    const expected = [0.995913, 0.998236, 0.995913, 0.998236, 0, 0, 0.995912, 0.998235];
    for (const [i, value] of expected.entries()) expect(data[i]).toBeCloseTo(value, 5);
  });
});

test('Attention gives zeros where only the mask of its query excludes steps', async () => {
  const rows: Record<string, Row> = {
    state: ['GlobalMaxPooling1D', {}, 'mask'],
    keys: ['RepeatVector', { n: 3 }, 'state'],
    own: ['Attention', {}, 'mask', 'keys'],
  };
  const { data } = await predicted(rows, '3.15.1');
  for (const [i, value] of [3, 5, 3, 5, 0, 0, 3, 5].entries()) expect(data[i]).toBeCloseTo(value, 5);
});

test('a mask that several cells read backwards is refused', async () => {
  const cell = [0, 1].map(() => ({ class_name: 'SimpleRNNCell', config: { units: 1 } }));
  const own: Row = ['RNN', { cell, go_backwards: true, return_sequences: true }, 'mask'];
  const weights = [0, 1].flatMap((i) => {
    const name = `own/simple_rnn_cell${i ? '_1' : ''}`;
    return [
      { name: `${name}/kernel`, shape: [2 - i, 1] },
      { name: `${name}/recurrent_kernel`, shape: [1, 1] },
      { name: `${name}/bias`, shape: [1] },
    ];
  });
  await expect(predicted({ own }, '3.15.1', weights)).rejects.toThrow(/layer own \(RNN\): go_backwards/);
});

describe('arguments of operations', () => {
  test.each<[string, Row, number[], number[]]>([
    ['elu', ['Elu', { ...OPERATION, alpha: 0.5 }, 'x'], [1, 2, 3, 5, 0, 0, -0.31606, 2], [1, 4, 2]],
    ['flip', ['Flip', { ...OPERATION, axis: [1, 2] }, 'x'], [2, -1, 0, 0, 5, 3, 2, 1], [1, 4, 2]],
    ['max', ['Max', { ...OPERATION, axis: [1, 2] }, 'x'], [5], [1]],
    ['sum', ['Sum', { ...OPERATION, axis: [-1, -2] }, 'x'], [12], [1]],
  ])('%s', async (_, row, expected, shape) => {
    const made = await predicted({ own: row }, '3.15.1');
    expect(made.shape).toEqual(shape);
    for (const [i, value] of expected.entries()) expect(made.data[i]).toBeCloseTo(value, 5);
  });

  test.each<[string, Row, RegExp]>([
    ['max', ['Max', { ...OPERATION, axis: 1, initial: 3 }, 'x'], /argument initial 3/],
    ['max of the batch, too', ['Max', { ...OPERATION, axis: null }, 'x'], /axis null/],
    ['softmax', ['Softmax', { ...OPERATION, axis: null }, 'x'], /axis null/],
    ['normalize', ['Normalize', { ...OPERATION, axis: -1, order: 1 }, 'x'], /argument order 1/],
    ['clip', ['Clip', { ...OPERATION, x_min: null, x_max: 1 }, 'x'], /argument x_min null/],
    ['reshape', ['Reshape', { ...OPERATION, newshape: [3, -1] }, 'x'], /argument shape \[3,-1\]/],
  ])('%s is refused by name', async (_, row, words) => {
    await expect(predicted({ own: row }, '3.15.1')).rejects.toThrow(words);
  });

  test('layers keep a name that is one of an activation', async () => {
    const rows: Record<string, Row> = { hard_sigmoid: ['Rescaling', { scale: 2, offset: 0 }, 'x'] };
    const { kerasOutputs } = await loadKeras(filesOf(rows, '3.15.1'), all);
    expect(kerasOutputs[0]!.name).toBe('hard_sigmoid');
  });
});
