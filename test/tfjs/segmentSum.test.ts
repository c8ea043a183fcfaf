import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { install } from '../../src/tfjs/index.ts';
import { difference } from './difference.ts';
import { random } from './random.ts';

let uninstall: () => void = () => {};
beforeAll(() => tf.setBackend('cpu'));
afterEach(() => uninstall());

test.each([[[6, 3]], [[6]], [[6, 2, 2]]])('sums of rows %j by segment are those of TF.js', async (shape) => {
  const ids = tf.tensor1d([2, 0, 2, 5, 1, 2], 'int32');
  const sums = () => tf.unsortedSegmentSum(random(shape, 1), ids, 4);
  const expected = sums();
  uninstall = await install(tf);
  const found = sums();
  expect(found.shape).toEqual(expected.shape);
  expect(difference(found.dataSync(), expected.dataSync())).toBeLessThan(1e-6);
});

test.each([true, false])('sums of integers are of float32, as in TF.js; backend: %s', async (backend) => {
  const sums = () => {
    const y = tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3], 'int32'), tf.tensor1d([0, 1, 0], 'int32'), 2);
    return [y.dtype, ...y.dataSync()];
  };
  const expected = sums();
  uninstall = await install(tf, { backend });
  expect(sums()).toEqual(expected);
});

test('ids of another shape are left to TF.js', async () => {
  const message = () => {
    try {
      return tf.unsortedSegmentSum(tf.ones([64]), tf.zeros([300], 'int32'), 1).dataSync()[0];
    } catch (error) {
      return (error as Error).message;
    }
  };
  const expected = message();
  expect(expected).toContain('300');
  uninstall = await install(tf, { backend: false });
  expect(message()).toBe(expected);
});

test('uninstalled, TF.js has its own kernel again', async () => {
  const own = tf.getKernel('UnsortedSegmentSum', 'cpu').kernelFunc;
  uninstall = await install(tf);
  expect(tf.getKernel('UnsortedSegmentSum', 'cpu').kernelFunc).not.toBe(own);
  uninstall();
  expect(tf.getKernel('UnsortedSegmentSum', 'cpu').kernelFunc).toBe(own);
});
