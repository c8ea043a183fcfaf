import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { install } from '../../src/tfjs/index.ts';
import { difference } from './difference.ts';
import { type Any, random } from './random.ts';

let uninstall: () => void = () => {};
beforeAll(() => tf.setBackend('cpu'));
afterEach(async () => {
  uninstall();
  await tf.setBackend('cpu');
});

/** Losses and weights of 5 updates. */
async function train(optimizer: Any) {
  const { layers } = tf;
  const model = tf.sequential({
    layers: [
      layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true, inputLength: 4 }),
      layers.lstm({ units: 4, returnSequences: true }),
      layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
    ],
  });
  model.setWeights(model.getWeights().map(({ shape }: Any, i: number) => random(shape, 20 + i)));
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const x = tf.tensor2d([1, 5, 2, 0, 3, 3, 0, 0, 2, 4, 1, 5], [3, 4]);
  const losses: number[] = [];
  for (let i = 0; i < 5; i++) losses.push(await model.trainOnBatch(x, random([3, 4, 2], i)));
  return { losses, weights: model.getWeights().map((w: Any) => w.dataSync()) };
}

test.each(['sgd', 'adam', 'rmsprop'])('an embedding trains on wasm as on cpu: %s', async (name) => {
  const optimizer = () => tf.train[name](0.01);
  const expected = await train(optimizer());
  await tf.setBackend('wasm');
  await expect(train(optimizer())).rejects.toThrow('UnsortedSegmentSum');
  uninstall = await install(tf);
  const found = await train(optimizer());
  expect(difference(found.losses, expected.losses)).toBeLessThan(1e-6);
  for (const [i, w] of found.weights.entries()) expect(difference(w, expected.weights[i])).toBeLessThan(1e-5);
  uninstall();
  expect(tf.getKernel('UnsortedSegmentSum', 'wasm')).toBeUndefined();
});

test('the backend is selected where wasm is, and deselected', async () => {
  await tf.setBackend('wasm');
  uninstall = await install(tf);
  expect(tf.getBackend()).toBe('unrolled');
  uninstall();
  expect(tf.getBackend()).toBe('wasm');
});
