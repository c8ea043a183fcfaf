import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { loadKeras } from '../../src/keras/index.ts';
import { layers } from '../../src/kerasLayers/index.ts';
import { saveTfjs } from '../../src/tfjsWriter/index.ts';
import { drawing } from '../hostile/mutate.ts';
import { loadTf, turned } from './files.ts';

const [T, B, F] = [5, 3, 2];
type Result = { dataSync(): Float32Array };
type Array2 = { data: Int32Array | Float32Array; shape: number[] };

beforeAll(async () => {
  await u.init({ kernels: 'simd' });
  await tf.setBackend('cpu');
});

// rows of 5, 3 and 2 steps; steps of the second one are excluded in front and in between, of the third one behind
const COUNTS = [
  [1, 1, 1, 1, 1],
  [0, 1, 0, 1, 1],
  [1, 1, 0, 0, 0],
];

/** [B, T] indices, 0 where a step does not count. */
const INDICES: Array2 = {
  data: Int32Array.from(COUNTS.flat(), (counts, i) => counts * (1 + ((i * 3) % 6))),
  shape: [B, T],
};

/** [B, T, F] features, `excluded` where a step does not count. */
function features(excluded: number): Array2 {
  const draw = drawing(7);
  const data = COUNTS.flat().flatMap((counts) =>
    Array.from({ length: F }, () => (counts ? draw(1000) / 500 - 1 : excluded)),
  );
  return { data: Float32Array.from(data), shape: [B, T, F] };
}

const last = (node: u.GraphNode) => new u.Linear(4, 2).apply(new u.LastStep().apply(node));
const lstm = (size: number, opts = {}) => new u.LSTM(size, 4, opts);
const sums = (join: () => u.Add | u.Multiply) => () => {
  const x = u.input({ features: F, maskValue: 0.5 });
  const [a, b] = [new u.Linear(F, 3).apply(x), new u.Linear(F, 3).apply(x)];
  return { inputs: { x }, outputs: last(lstm(3).apply(join().apply(a, b)).output) };
};
type Made = { inputs: Record<string, u.GraphNode>; outputs: u.GraphNode };
const CASES: Record<string, { make: () => Made; xs: Record<string, Array2>; keras?: boolean }> = {
  'a sum': { make: sums(() => new u.Add()), xs: { x: features(0.5) }, keras: true },
  'a product': { make: sums(() => new u.Multiply()), xs: { x: features(0.5) }, keras: true },
  'an Embedding': {
    make: () => {
      const x = u.input({ indices: 7, maskValue: 0 });
      return { inputs: { x }, outputs: last(lstm(3).apply(new u.Embedding(7, 3).apply(x)).output) };
    },
    xs: { x: INDICES },
  },
  'features, two directions, layers in between': {
    make: () => {
      const x = u.input({ features: F, maskValue: 0.5 });
      const both = lstm(F, { bidirectional: true, numLayers: 2, mergeMode: 'sum' }).apply(x).output;
      const between = new u.LayerNorm(4).apply(new u.Linear(4, 4, { activation: 'relu' }).apply(both));
      return { inputs: { x }, outputs: last(new u.RNN(4, 4).apply(between).output) };
    },
    xs: { x: features(0.5) },
  },
  'two inputs of one length': {
    make: () => {
      const a = u.input({ indices: 7, maskValue: 0 });
      const b = u.input({ features: F }, a);
      const joined = new u.Concat().apply(new u.Embedding(7, 3).apply(a), b);
      return { inputs: { a, b }, outputs: last(lstm(3 + F).apply(joined).output) };
    },
    xs: { a: INDICES, b: features(0.25) },
  },
};

describe('steps that maskValue excludes', () => {
  test.each(Object.entries(CASES))('%s: TensorFlow.js and loadKeras give the same', async (_, given) => {
    const model = new u.Model(given.make());
    const names = Object.keys(given.xs);
    const xs = Object.fromEntries(names.map((name) => [name, turned(given.xs[name]!)]));
    const { data: expected } = model.forward(xs) as unknown as u.NDArray;
    const { keras = false } = given;
    const files = saveTfjs(model, { keras });
    const tensors = names.map((name) => {
      const { data, shape } = given.xs[name]!;
      return tf.tensor(Float32Array.from(data), shape);
    });
    const result = keras ? expected : ((await loadTf(files)).predict(tensors) as Result).dataSync();
    const again = await loadKeras(files, { layers });
    const { data } = again.predict((names.length > 1 ? given.xs : given.xs.x!) as never) as u.NDArray;
    expect(result.length).toBe(2 * B);
    for (let i = 0; i < result.length; i++) {
      expect(result[i]).toBeCloseTo(expected[i]!, 5);
      expect(data[i]).toBeCloseTo(expected[i]!, 5);
    }
  });

  test('a mean is written for Keras only', async () => {
    const x = u.input({ features: F, maskValue: 0 });
    const model = new u.Model({ inputs: x, outputs: new u.Pool({ kind: 'mean' }).apply(x) });
    expect(() => saveTfjs(model)).toThrow(
      'tfjs: layers[0] (Pool): layers of Keras 2 have not a mean without steps of maskValue in TensorFlow.js (the option keras writes it for Keras)',
    );
    const { data: expected } = model.forward(turned(features(0)));
    const again = await loadKeras(saveTfjs(model, { keras: true }), { layers });
    const { data } = again.predict(features(0)) as u.NDArray;
    for (let i = 0; i < expected.length; i++) expect(data[i]).toBeCloseTo(expected[i]!, 5);
  });

  const refused = (inputs: u.GraphNode | Record<string, u.GraphNode>, outputs: u.GraphNode, opts = {}) =>
    expect(() => saveTfjs(new u.Model({ inputs, outputs } as never), opts));

  test('what Keras or TensorFlow.js would compute otherwise is refused', () => {
    const index = u.input({ indices: 7, maskValue: 3 });
    refused(index, last(lstm(3).apply(new u.Embedding(7, 3).apply(index)).output)).toThrow(
      'tfjs: input x: indices of maskValue 3, which Keras masks only with 0',
    );
    for (const join of [new u.Add(), new u.Multiply()]) {
      const { inputs, outputs } = sums(() => join)();
      refused(inputs, outputs).toThrow(
        'layers of Keras 2 have not a sum or product of steps that maskValue excludes in TensorFlow.js (the option keras',
      );
    }
    const masked = () => u.input({ features: 4, maskValue: 0 });
    const conv = masked();
    refused(conv, new u.Conv1d(4, 4, 2).apply(conv)).toThrow(
      'tfjs: layers[0] (Conv1d): layers of Keras 2 have not steps before it that maskValue excludes',
    );
    const [a, shared] = [masked(), lstm(4)];
    const b = u.input({ features: 4 }, a);
    const sum = new u.Add().apply(a, shared.apply(b).output);
    refused({ a, b }, sum, { keras: true }).toThrow(
      '(LSTM): layers of Keras 2 have not the mask that it has here: maskValue of an input that it does not follow',
    );
    // TensorFlow.js loses the mask in a layer LeakyReLU
    const leaky = masked();
    const activated = new u.Activation({ name: 'leakyrelu', alpha: 0.1 }).apply(leaky);
    const behind = lstm(4).apply(activated).output;
    refused(leaky, behind).toThrow(
      '(LSTM): layers of Keras 2 have not the mask that it has here: maskValue of an input that it does not follow',
    );
    const [first, table] = [u.input({ indices: 7, maskValue: 0 }), new u.Embedding(7, 4)];
    const second = u.input({ indices: 7 }, first);
    const twice = new u.Add().apply(table.apply(first), table.apply(second));
    refused({ first, second }, twice, { keras: true }).toThrow(
      'a layer that is used with and without maskValue',
    );
  });
});
