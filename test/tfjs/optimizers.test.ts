import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { install } from '../../src/tfjs/index.ts';
import { generator, uniform } from '../reference/random.ts';
import { difference, type Values } from './difference.ts';

const OPTIMIZERS: Record<string, () => unknown> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.05, 0.9),
  nesterov: () => tf.train.momentum(0.05, 0.9, true),
  adam: () => tf.train.adam(0.01),
  'adam with options': () => tf.train.adam(0.02, 0.8, 0.9, 1e-3),
  adamax: () => tf.train.adamax(0.01),
  'adamax with decay': () => tf.train.adamax(0.02, 0.8, 0.9, 1e-3, 0.1),
  rmsprop: () => tf.train.rmsprop(0.01),
  'rmsprop with momentum': () => tf.train.rmsprop(0.01, 0.8, 0.5, 1e-3),
  'rmsprop centered': () => tf.train.rmsprop(0.001, 0.8, 0.2, 1e-6, true),
  adagrad: () => tf.train.adagrad(0.1),
  'adagrad from 0': () => tf.train.adagrad(0.1, 1e-4),
  adadelta: () => tf.train.adadelta(1, 0.9, 1e-3),
};
const SHAPES = [[3, 5], [17], [1], [4, 4, 2]];

let uninstall: () => void = () => {};

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => uninstall());

/** 12 updates of variables of all shapes, one of them without a gradient in some updates: values and saved weights. */
async function train(optimizer: ReturnType<typeof tf.train.adam>, updates = 12) {
  const next = generator(7);
  const variables = SHAPES.map((shape, i) =>
    tf.variable(
      tf.tensor(Float32Array.from(uniform(next, size(shape))), shape),
      true,
      `v${i}_${Math.random()}`,
    ),
  );
  for (let k = 0; k < updates; k++) {
    const named = variables.map((variable, i) => ({
      name: variable.name,
      // of changing sign: TF.js takes the root of a negative number if a gradient never changes
      tensor:
        i === 1 && k % 3 === 1
          ? null
          : tf.tensor(
              Float32Array.from(uniform(next, variable.size), (v) => (v < 0 ? v - 0.5 : v + 0.5) * (-1) ** k),
              variable.shape,
            ),
    }));
    optimizer.applyGradients(k % 2 ? named : byName(named));
    for (const { tensor } of named) tensor?.dispose();
  }
  const values = variables.map((variable: Values) => variable.dataSync());
  tf.dispose(variables);
  return values;
}

function byName(named: readonly { name: string; tensor: unknown }[]) {
  return Object.fromEntries(named.map(({ name, tensor }) => [name, tensor]));
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** What an optimizer saves; none where TF.js does not save it. */
async function saved(optimizer: ReturnType<typeof tf.train.adam>): Promise<[string, Float32Array][]> {
  const weights = await optimizer.getWeights().catch(() => []);
  return weights.map(({ name, tensor }: { name: string; tensor: Values }) => [
    name.replace(/^v(\d)_0\.\d+/, 'v$1'),
    tensor.dataSync(),
  ]);
}

describe.each(Object.entries(OPTIMIZERS))('%s', (_, make) => {
  test('values and saved weights are those of TF.js', async () => {
    const plain = make();
    const expected = await train(plain);
    const expectedWeights = await saved(plain);
    uninstall = await install(tf);
    const ours = make();
    const found = await train(ours);
    for (const [i, values] of found.entries()) expect(difference(values, expected[i]!)).toBeLessThan(2e-6);
    const weights = await saved(ours);
    expect(weights.map(([name]) => name)).toEqual(expectedWeights.map(([name]) => name));
    for (const [i, [name, values]] of weights.entries()) {
      expect(difference(values, expectedWeights[i]![1]), name).toBeLessThan(2e-6);
    }
  });

  test('no tensors are left', async () => {
    uninstall = await install(tf);
    const before = tf.memory().numTensors;
    const optimizer = make() as { dispose(): void };
    await train(optimizer, 1);
    optimizer.dispose();
    const perOptimizer = tf.memory().numTensors - before;
    const again = make() as { dispose(): void };
    await train(again, 6);
    again.dispose();
    // what TF.js itself leaves
    expect(tf.memory().numTensors - before).toBe(2 * perOptimizer);
  });
});

test('weights saved by one optimizer are read by another', async () => {
  uninstall = await install(tf);
  const optimizer = tf.train.adam(0.01);
  const w = tf.variable(tf.tensor1d([1, 2, 3]));
  const update = (by: typeof optimizer) => by.minimize(() => tf.sum(tf.square(w)), false, [w]);
  for (let k = 0; k < 3; k++) update(optimizer);
  const weights = await optimizer.getWeights();
  const copies = weights.map(({ name, tensor }: { name: string; tensor: Values }) => ({
    name,
    tensor: tf.clone(tensor),
  }));
  const start = w.dataSync().slice();
  update(optimizer);
  const expected = w.dataSync().slice();
  const other = tf.train.adam(0.01);
  await other.setWeights(copies);
  w.assign(tf.tensor1d(start));
  update(other);
  expect(difference(w.dataSync(), expected)).toBeLessThan(1e-6);
});

describe('what fits no kernel is left to TF.js', () => {
  /** A variable after a gradient that TF.js repeats; then what it says of accumulators and gradients that don't fit. */
  const outcome = (make: () => unknown) => {
    const [large, small] = [tf.variable(tf.ones([4, 3])), tf.variable(tf.tensor1d([1, 2]))];
    const others = tf.ones([64]);
    const optimizer = make() as ReturnType<typeof tf.train.adam>;
    const messages: string[] = [];
    const apply = (gradients: object) => {
      try {
        optimizer.applyGradients(gradients);
      } catch (error) {
        messages.push((error as Error).message);
      }
    };
    apply({ [small.name]: tf.scalar(0.5) });
    apply({ [small.name]: tf.tensor1d([1, 2], 'int32') });
    // accumulators are found by the place in the list: those of two numbers
    apply({ [large.name]: tf.ones([4, 3]) });
    apply({ [small.name]: tf.ones([5]) });
    apply({ none: tf.ones([5]) });
    const values = [large, small, others].map((each: Values) => [...each.dataSync()]);
    tf.dispose([large, small, others]);
    return { values, messages };
  };

  test.each(Object.entries(OPTIMIZERS))('%s', async (_, make) => {
    const plain = outcome(make);
    expect(plain.messages.length).toBeGreaterThan(1);
    uninstall = await install(tf);
    const ours = outcome(make);
    expect(ours.messages).toEqual(plain.messages);
    for (const [i, values] of ours.values.entries())
      expect(difference(values, plain.values[i]!)).toBeLessThan(2e-6);
  });

  test('with clipNorm it is refused, and nothing changes', async () => {
    uninstall = await install(tf, { clipNorm: 1 });
    const w = tf.variable(tf.tensor1d([1, 2]));
    const optimizer = tf.train.adam(0.1);
    for (const [gradient, came] of [
      [tf.scalar(1), 'float32 [2], float32 []'],
      [tf.ones([3]), 'float32 [2], float32 [3]'],
    ])
      expect(() => optimizer.applyGradients({ [w.name]: gradient })).toThrow(
        `clipNorm: ${w.name}: expected float32 of one shape, got ${came}`,
      );
    expect(() => optimizer.applyGradients({ none: tf.ones([2]) })).toThrow(/clipNorm: none: .*got undefined/);
    expect([...w.dataSync()]).toEqual([1, 2]);
  });
});

test('a clone of a variable keeps its values', async () => {
  uninstall = await install(tf);
  const w = tf.variable(tf.tensor1d([1, 2, 3]));
  const clone = tf.clone(w);
  tf.train.sgd(0.1).minimize(() => tf.sum(w), false, [w]);
  expect([...clone.dataSync()]).toEqual([1, 2, 3]);
  expect(difference(w.dataSync(), [0.9, 1.9, 2.9])).toBeLessThan(1e-6);
});

describe('clipNorm', () => {
  const step = async (options: object) => {
    uninstall = await install(tf, options);
    const [a, b] = [tf.variable(tf.tensor1d([0, 0])), tf.variable(tf.scalar(0))];
    const named = [
      { name: a.name, tensor: tf.tensor1d([3, 0]) },
      { name: b.name, tensor: tf.scalar(4) },
    ];
    tf.train.sgd(1).applyGradients(named);
    uninstall();
    return [...a.dataSync(), ...b.dataSync()].map((v) => v + 0);
  };

  test('scales all gradients by their norm taken together', async () => {
    expect(difference(await step({ clipNorm: 1 }), [-0.6, 0, -0.8])).toBeLessThan(1e-5);
  });

  test('leaves smaller gradients as they are', async () => {
    expect(await step({ clipNorm: 5.1 })).toEqual([-3, 0, -4]);
    expect(await step({})).toEqual([-3, 0, -4]);
  });

  test('is refused where gradients can not be read', async () => {
    uninstall = await install({ ...tf, getBackend: () => 'webgpu' }, { clipNorm: 1 });
    const w = tf.variable(tf.scalar(1));
    const named = [{ name: w.name, tensor: tf.scalar(1) }];
    expect(() => tf.train.sgd(1).applyGradients(named)).toThrow(/clipNorm.*webgpu/);
    expect(w.dataSync()[0]).toBe(1);
  });

  test.each([-1, Number.NaN, '1'])('%s is refused', async (clipNorm) => {
    await expect(install(tf, { clipNorm } as object)).rejects.toMatchObject({ argument: 'clipNorm' });
  });
});
