import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { install } from '../../src/tfjs/index.ts';
import { random } from './random.ts';

let uninstall: () => void = () => {};
beforeAll(() => tf.setBackend('cpu'));
afterEach(() => uninstall());

// biome-ignore lint/suspicious/noExplicitAny: TF.js is without types here
type Reduce = (x: any) => any;

const reductions: Readonly<Record<string, Reduce>> = {
  'sum of all': (x) => tf.sum(x),
  'sum of an axis': (x) => tf.sum(x, 1),
  'sum of axes that are kept': (x) => tf.sum(x, [0, -1], true),
  'mean of all': (x) => tf.mean(x),
  'mean of the last axis': (x) => tf.mean(x, -1),
  'mean of axes': (x) => tf.mean(x, [0, 2]),
};

/** d(Σ w ⊙ reduce(x²)) / dx: its own gradient of what is reduced is different at each place. */
const gradient = (reduce: Reduce) =>
  tf.grad((x: unknown) => {
    const y = reduce(tf.square(x));
    return tf.mul(y, tf.range(1, y.size + 1).reshape(y.shape)).sum();
  });

test.each(Object.entries(reductions))('the gradient of the %s has the bits of TF.js', async (_, reduce) => {
  const values = random([3, 4, 5], 2);
  const expected = gradient(reduce)(values).dataSync();
  uninstall = await install(tf);
  const found = gradient(reduce)(values);
  expect(found.shape).toEqual([3, 4, 5]);
  expect(found.dataSync()).toEqual(expected);
});

const products: Readonly<Record<string, Reduce>> = {
  'of two tensors': (x) => tf.mul(x, tf.add(x, 1)),
  'of a tensor by itself': (x) => tf.mul(x, x),
  'with rows that are repeated': (x) => tf.mul(tf.range(0, 5), x),
  'that repeats it': (x) => tf.mul(tf.ones([2, 3, 4, 5]), x).sum(0),
  'that repeats it, as the first factor': (x) => tf.mul(x, tf.ones([2, 3, 4, 5])).sum(0),
  'with a number': (x) => tf.mul(x, tf.scalar(3)),
  'with integers': (x) => tf.mul(x, tf.range(0, x.size, 1, 'int32').reshape(x.shape)),
};

test.each(Object.entries(products))(
  'the gradient of a product %s has the bits of TF.js',
  async (_, multiply) => {
    const values = random([3, 4, 5], 3);
    const expected = gradient(multiply)(values).dataSync();
    uninstall = await install(tf);
    const found = gradient(multiply)(values);
    expect(found.shape).toEqual([3, 4, 5]);
    expect(found.dataSync()).toEqual(expected);
  },
);

const others: Readonly<Record<string, Reduce>> = {
  'clipped values': (x) => tf.clipByValue(x, -0.5, 0.25),
  'values clipped at 0': (x) => tf.clipByValue(tf.relu(x), 0, 1),
  'clipped values that are NaN or infinite': (x) =>
    tf.clipByValue(tf.div(tf.sub(x, x.slice([0, 0, 0], [1, 1, 1])), 0), -1, 1),
  'copies along the first axis': (x) => tf.tile(x, [3, 1, 1]),
  'copies along an axis between': (x) => tf.tile(x, [1, 3, 1]),
  'copies along the last axis': (x) => tf.tile(x, [1, 1, 5]),
  'copies along two axes': (x) => tf.tile(x, [2, 1, 3]),
  'a single copy': (x) => tf.tile(x, [1, 1, 1]),
};

test.each(Object.entries(others))('the gradient of %s has the bits of TF.js', async (_, f) => {
  const values = random([3, 4, 5], 7);
  const expected = gradient(f)(values).dataSync();
  uninstall = await install(tf);
  const before = tf.memory();
  const found = gradient(f)(values);
  expect(found.dataSync()).toEqual(expected);
  found.dispose();
  expect(tf.memory()).toEqual(before);
});

test('clipping and copies have gradients without operations of TF.js', async () => {
  uninstall = await install(tf);
  const kernels: string[] = [];
  for (const f of [(x: unknown) => tf.clipByValue(x, 0, 1), (x: unknown) => tf.tile(x, [1, 4])]) {
    const { kernelNames } = await tf.profile(() => tf.grad(f)(tf.ones([4, 6])));
    kernels.push(...kernelNames);
  }
  expect(kernels).toEqual(expect.arrayContaining(['ClipByValue', 'Tile']));
  for (const name of ['Add', 'Select', 'Slice', 'LogicalAnd']) expect(kernels).not.toContain(name);
});

test('repeats without an operation of TF.js, and casts no factor', async () => {
  uninstall = await install(tf);
  const kernels: string[] = [];
  for (const f of [tf.sum, tf.mean, (x: unknown) => tf.mul(x, x)]) {
    const { kernelNames } = await tf.profile(() => tf.grad((x: unknown) => f(x))(tf.ones([4, 6])));
    kernels.push(...kernelNames);
  }
  expect(kernels).toContain('Mean');
  expect(kernels.filter((name) => name === 'Multiply')).toHaveLength(1);
  for (const name of ['Cast', 'Fill', 'RealDiv', 'Reshape', 'Tile']) expect(kernels).not.toContain(name);
});

test('gradients of gradients are those of TF.js', async () => {
  const second = tf.grad((x: unknown) =>
    tf
      .grad((v: unknown) => tf.mean(tf.mul(tf.square(v), v), 1))(x)
      .sum(),
  );
  const values = random([4, 3], 5);
  const expected = second(values).dataSync();
  uninstall = await install(tf);
  expect(second(values).dataSync()).toEqual(expected);
});

test('uninstalled, TF.js has its own gradients again', async () => {
  const own = tf.getGradient('Mean').gradFunc;
  uninstall = await install(tf);
  expect(tf.getGradient('Mean').gradFunc).not.toBe(own);
  uninstall();
  expect(tf.getGradient('Mean').gradFunc).toBe(own);
});
