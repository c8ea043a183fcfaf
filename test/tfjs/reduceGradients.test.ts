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

test('multiplies no array of ones', async () => {
  uninstall = await install(tf);
  const kernels: string[] = [];
  for (const reduce of [tf.sum, tf.mean]) {
    const { kernelNames } = await tf.profile(() => tf.grad((x: unknown) => reduce(x))(tf.zeros([4, 6])));
    kernels.push(...kernelNames);
  }
  expect(kernels).toContain('Tile');
  expect(kernels).not.toContain('Multiply');
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
