import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { loadKeras } from '../../src/keras/index.ts';
import { layers } from '../../src/kerasLayers/index.ts';
import { startFrom } from '../../src/model/graph/initialStates.ts';
import { saveTfjs } from '../../src/tfjsWriter/index.ts';
import { drawing } from '../hostile/mutate.ts';
import { loadTf, turned } from './files.ts';

const [T, B, F] = [6, 3, 4];
/** A tensor of TensorFlow.js. */
type Result = { dataSync(): Float32Array };

beforeAll(async () => {
  await u.init({ kernels: 'simd' });
  await tf.setBackend('cpu');
});

function drawn(length: number, seed: number): Float32Array<ArrayBuffer> {
  const draw = drawing(seed);
  return Float32Array.from({ length }, () => draw(2000) / 1000 - 1);
}

/** Gives all parameters other values, also those that are 0 or 1 at first. */
function stirred<M extends u.Sequential | u.Model>(model: M): M {
  const dict = model.stateDict() as Record<string, { data: Float32Array; shape: readonly number[] }>;
  const entries = Object.entries(dict).map(([name, { data, shape }], i) => {
    const values = drawn(data.length, i + 1).map((v) => (/running_var/.test(name) ? 1 + v / 2 : 0.5 * v));
    return [name, { data: values, shape: [...shape] }];
  });
  model.loadStateDict(Object.fromEntries(entries));
  return model;
}

function close(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) expect(Math.abs(found[i]! - expected[i]!)).toBeLessThan(1e-5);
}

const rnn = (Kind: typeof u.LSTM, opts = {}) => [new Kind(F, 5, opts)];
const CHAINS: Record<string, () => ConstructorParameters<typeof u.Sequential>[0]> = {
  'stacked LSTM, Dense': () => [...rnn(u.LSTM, { numLayers: 2 }), new u.Linear(5, 2)],
  'LSTM without biases': () => rnn(u.LSTM, { bias: false }),
  'LSTM, last step, Dense with softmax': () => [
    ...rnn(u.LSTM),
    new u.LastStep(),
    new u.Linear(5, 3, { activation: 'softmax' }),
  ],
  'LSTM with other activations': () =>
    rnn(u.LSTM, { activation: 'relu', recurrentActivation: 'hardsigmoid' }),
  'GRU, reset before': () => [new u.GRU(F, 5, { resetAfter: false, numLayers: 2 }), new u.LastStep()],
  'RNN of relu': () => [new u.RNN(F, 5, { nonlinearity: 'relu' })],
  'two directions': () => rnn(u.LSTM, { bidirectional: true, numLayers: 2 }),
  'two directions, sum': () => rnn(u.LSTM, { bidirectional: true, mergeMode: 'sum' }),
  'two directions, last step': () => [
    ...rnn(u.LSTM, { bidirectional: true }),
    new u.LastStep(),
    new u.Linear(10, 2),
  ],
  'Conv1d, pooling, LSTM': () => [
    new u.Conv1d(F, 6, 3, { dilation: 2, activation: 'relu' }),
    new u.MaxPool1d(2),
    new u.LSTM(6, 3),
  ],
  'Conv1d same, mean of all steps': () => [
    new u.Conv1d(F, 5, 3, { padding: 'same', activation: { name: 'leakyrelu', alpha: 0.1 } }),
    new u.AvgPool1d(2),
    new u.Pool({ kind: 'mean' }),
  ],
  'all steps as one vector': () => [
    new u.GRU(F, 3, { resetAfter: false }),
    new u.Flatten({ steps: T }),
    new u.Linear(3 * T, 2),
  ],
  'norms and activations': () => [
    new u.LayerNorm(F),
    new u.BatchNorm(F),
    new u.Dropout(0.5),
    new u.Activation('silu'),
    new u.Linear(F, F, { bias: false, activation: 'elu' }),
    new u.Activation('gelu'),
    new u.Pool({ kind: 'max' }),
  ],
};

describe('what is written is loaded by TensorFlow.js and by loadKeras', () => {
  test.each(Object.entries(CHAINS))('%s', async (_, make) => {
    const model = stirred(new u.Sequential(make()));
    const x = { data: drawn(T * B * F, 77), shape: [T, B, F] };
    const y = model.forward(x);
    const expected = y.shape[0] === 1 ? y.data : turned(y).data;
    const files = saveTfjs(model);
    const batchFirst = turned(x);
    const loaded = await loadTf(files);
    const result = loaded.predict(tf.tensor(batchFirst.data, batchFirst.shape)) as Result;
    close(result.dataSync(), expected);
    const again = await loadKeras(files, { layers });
    close((again.predict(batchFirst) as u.NDArray).data, expected);
    again.dispose();
  });

  test('an Embedding', async () => {
    const model = stirred(new u.Sequential([new u.Embedding(7, 4), new u.LSTM(4, 5), new u.Linear(5, 7)]));
    const x = { data: Int32Array.from({ length: T * B }, (_, i) => (i * 5) % 7), shape: [T, B] };
    const expected = turned(model.forward(x)).data;
    const files = saveTfjs(model, { weights: 'group1.bin' });
    expect(Object.keys(files)).toEqual(['model.json', 'group1.bin']);
    const batchFirst = turned(x);
    const loaded = await loadTf(files);
    close((loaded.predict(tf.tensor(batchFirst.data, batchFirst.shape)) as Result).dataSync(), expected);
    const again = await loadKeras(files, { layers });
    const indices = { data: Int32Array.from(batchFirst.data), shape: batchFirst.shape };
    close((again.predict(indices) as u.NDArray).data, expected);
  });

  test('a graph of two inputs and three outputs, in which a layer is used twice', async () => {
    const [a, b] = [u.input({ features: F }), u.input({ features: F })];
    const shared = new u.LSTM(F, 5);
    const [first, second] = [shared.apply(a).output, shared.apply(new u.Linear(F, F).apply(a)).output];
    const parts = [new u.Add().apply(first, second), new u.Multiply().apply(first, second)] as const;
    const joined = new u.Concat().apply(...parts);
    const other = new u.Linear(F, 2).apply(b);
    const last = new u.LastStep().apply(new u.GRU(10, 3, { resetAfter: false }).apply(joined).output);
    const all = new u.Linear(10, 2).apply(joined);
    const model = stirred(new u.Model({ inputs: { a, b }, outputs: { last, all, other } }));
    const xs = {
      a: { data: drawn(T * B * F, 5), shape: [T, B, F] },
      b: { data: drawn(T * B * F, 6), shape: [T, B, F] },
    };
    const y = model.forward(xs) as Record<'last' | 'all' | 'other', u.NDArray>;
    const files = saveTfjs(model);
    const given = Object.values(xs).map((x) => turned(x));
    const loaded = await loadTf(files);
    const results = loaded.predict(given.map(({ data, shape }) => tf.tensor(data, shape))) as Result[];
    close(results[0]!.dataSync(), y.last.data);
    close(results[1]!.dataSync(), turned(y.all).data);
    close(results[2]!.dataSync(), turned(y.other).data);
    expect((await loadKeras(files, { layers })).kerasOutputs.length).toBe(3);
  });

  test('a vector that is repeated', async () => {
    const a = u.input({ features: F, steps: false });
    const outputs = new u.LSTM(F, 3).apply(new u.RepeatVector(4).apply(a)).output;
    const model = stirred(new u.Model({ inputs: a, outputs }));
    const x = { data: drawn(B * F, 8), shape: [B, F] };
    const loaded = await loadTf(saveTfjs(model));
    const result = loaded.predict(tf.tensor(x.data, x.shape)) as Result;
    close(result.dataSync(), turned(model.forward(x) as u.NDArray).data);
  });

  test.each<[string, () => u.Layer]>([
    ['LSTM', () => new u.LSTM(F, 3, { numLayers: 2 })],
    ['Conv1d', () => new u.Conv1d(F, 3, 1)],
    ['MaxPool1d', () => new u.MaxPool1d(1)],
    ['Dropout1d', () => new u.Dropout1d()],
  ])('%s of a vector', async (_, make) => {
    const a = u.input({ features: F, steps: false });
    const made = (make() as u.LSTM).apply(a);
    const model = stirred(new u.Model({ inputs: a, outputs: made.output ?? made }));
    const x = { data: drawn(B * F, 9), shape: [B, F] };
    const files = saveTfjs(model);
    const loaded = await loadTf(files);
    const { data } = model.forward(x) as u.NDArray;
    close((loaded.predict(tf.tensor(x.data, x.shape)) as Result).dataSync(), data);
    close(((await loadKeras(files, { layers })).predict(x) as u.NDArray).data, data);
  });

  test.each<[string, () => ConstructorParameters<typeof u.Sequential>[0], RegExp]>([
    ['a GRU with reset after', () => [new u.GRU(F, 5), new u.LastStep()], /layers\[0\] \(GRU\).*resetAfter/],
    [
      'causal padding',
      () => [new u.Conv1d(F, 6, 3, { padding: 'causal' }), new u.LSTM(6, 5), new u.LastStep()],
      /layers\[0\] \(Conv1d\).*causal/,
    ],
  ])('%s, for Keras and this package', async (_, make, words) => {
    const model = stirred(new u.Sequential(make()));
    expect(() => saveTfjs(model)).toThrow(words);
    const x = { data: drawn(T * B * F, 3), shape: [T, B, F] };
    const again = await loadKeras(saveTfjs(model, { keras: true }), { layers });
    close((again.predict(turned(x)) as u.NDArray).data, model.forward(x).data);
  });
});

describe('attention, for Keras and this package', () => {
  test.each(['dot', 'scaled', 'additive'] as const)('%s', async (kind) => {
    const [a, b] = [u.input({ features: F }), u.input({ features: F })];
    const outputs = new u.Attention({ kind }).apply(
      new u.LSTM(F, 5).apply(a).output,
      new u.Linear(F, 5).apply(b),
    );
    const model = stirred(new u.Model({ inputs: { a, b }, outputs }));
    expect(() => saveTfjs(model)).toThrow(/\(Attention\).*keras/);
    const xs = {
      a: { data: drawn(T * B * F, 5), shape: [T, B, F] },
      b: { data: drawn(2 * T * B * F, 6), shape: [2 * T, B, F] },
    };
    const again = await loadKeras(saveTfjs(model, { keras: true }), { layers });
    const found = again.predict({ a: turned(xs.a), b: turned(xs.b) }) as u.NDArray;
    close(found.data, turned(model.forward(xs) as u.NDArray).data);
  });

  test.each<[RegExp, u.AttentionOptions, boolean]>([
    [/projected/, { kind: 'additive', units: 3 }, true],
    [/of a vector/, {}, false],
  ])('what Keras 2 has not: %s', (words, opts, steps) => {
    const [a, b] = [u.input({ features: F, steps }), u.input({ features: F })];
    const model = new u.Model({ inputs: { a, b }, outputs: new u.Attention(opts).apply(a, b) });
    expect(() => saveTfjs(model, { keras: true })).toThrow(words);
  });
});

describe('what layers of Keras 2 have not is refused by layer', () => {
  test.each<[string, () => ConstructorParameters<typeof u.Sequential>[0], RegExp]>([
    ['MinGRU', () => [new u.MinGRU(F, 5)], /layers\[0\] \(MinGRU\)/],
    ['peepholes', () => rnn(u.LSTM, { peephole: true }), /layers\[0\] \(LSTM\).*peephole/],
    ['a projection', () => rnn(u.LSTM, { projSize: 2 }), /projSize/],
    ['an activation', () => [new u.Linear(F, 2, { activation: 'gelutanh' })], /Linear.*gelutanh/],
    ['groups', () => [new u.Conv1d(F, 4, 3, { groups: 2 })], /Conv1d.*groups/],
    ['a last step elsewhere', () => [new u.Linear(F, 2), new u.LastStep()], /layers\[1\] \(LastStep\)/],
    ['the last of all steps', () => [new u.Linear(F, 2), new u.Pool({ kind: 'last' })], /Pool/],
    ['padding by a number', () => [new u.Conv1d(F, 4, 3, { padding: 1 })], /padding 1/],
  ])('%s', (_, make, words) => {
    const model = new u.Sequential(make());
    expect(() => saveTfjs(model)).toThrow(words);
    expect(() => saveTfjs(model)).toThrow(u.FormatError);
  });

  test('options that are none', () => {
    const model = new u.Sequential([new u.Linear(F, 2)]);
    expect(() => saveTfjs(model, { weights: '' })).toThrow(/weights: expected/);
    expect(() => saveTfjs(model, { states: true } as never)).toThrow(/states/);
    expect(() => saveTfjs({} as never)).toThrow(/model: expected/);
  });
});

test('names of layers of Keras are those of one layer each', async () => {
  // what would be called lstm_a, lstm_a_1, and again lstm_a_1
  const x = u.input({ features: F });
  const first = new u.LSTM(F, F, { name: 'a', numLayers: 2 }).apply(x).output;
  const second = new u.LSTM(F, F, { name: 'a_1' }).apply(first).output;
  const model = stirred(new u.Model({ inputs: { lstm_a: x }, outputs: second }));
  const given = { data: drawn(T * B * F, 3), shape: [T, B, F] };
  const expected = turned(model.forward({ lstm_a: given }) as unknown as u.NDArray).data;
  const again = await loadKeras(saveTfjs(model), { layers });
  close((again.predict(turned(given)) as u.NDArray).data, expected);
});

test('dropout of recurrent layers is part of the file', async () => {
  const options = { numLayers: 2, dropout: 0.5, inputDropout: 0.25, recurrentDropout: 0.125 };
  const again = await loadKeras(saveTfjs(new u.Sequential([new u.LSTM(F, 5, options)])), { layers });
  const configs = again.layers.map((layer) => ({ type: layer.type, ...layer.config() }));
  const lstm = { type: 'LSTM', inputDropout: 0.25, recurrentDropout: 0.125 };
  expect(configs).toMatchObject([lstm, { type: 'Dropout', p: 0.5 }, lstm]);
});

test('states from which a model starts are refused', () => {
  const x = u.input({ features: F });
  const model = new u.Model({ inputs: x, outputs: new u.RNN(F, 2).apply(x).output });
  startFrom(model, { '0.h_l0': Float32Array.of(1, 2) });
  expect(() => saveTfjs(model)).toThrow(
    'tfjs: layers[0] (RNN): layers of Keras 2 have not initialStates, which were learned',
  );
});
