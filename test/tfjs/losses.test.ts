import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { install } from '../../src/tfjs/index.ts';
import { random } from './random.ts';

let uninstall: () => void = () => {};
beforeAll(() => tf.setBackend('cpu'));
afterEach(() => uninstall());

// biome-ignore lint/suspicious/noExplicitAny: TF.js is without types here
type Any = any;

/** Rows of 5 probabilities; some are beyond the limits to which TF.js clips them. */
const probabilities = () =>
  tf.tensor2d([
    [0.1, 0.2, 0.3, 0.15, 0.25],
    [1, 0, 0, 0, 0],
    [0, 1e-9, 1, 0, 0],
    [2, 1, 4, 1, 2],
  ]);
const targets = () =>
  tf.tensor2d([
    [0, 1, 0, 0, 0],
    [1, 0, 0, 0, 0],
    [0.5, 0.5, 0, 0, 0],
    [0, 0, 0.75, 0, 0.25],
  ]);

/** A model whose output is its weights [4, 5] times the identity matrix, so that its gradient is that of the loss. */
function modelOf(compiled: object, values: Any) {
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 5, useBias: false, inputShape: [4] }));
  model.compile({ optimizer: tf.train.sgd(1), ...compiled });
  model.setWeights([values]);
  return model;
}

/** The loss of one step, and the weights after it. */
async function step(compiled: object, values: Any, target: Any) {
  const model = modelOf(compiled, values);
  const loss = await model.trainOnBatch(tf.eye(4), target);
  return { loss: [loss].flat(), weights: model.getWeights()[0].dataSync() };
}

const losses: Readonly<Record<string, object>> = {
  meanSquaredError: { loss: 'meanSquaredError' },
  categoricalCrossentropy: { loss: 'categoricalCrossentropy' },
  'a list': { loss: ['categoricalCrossentropy'] },
  'with metrics': { loss: 'categoricalCrossentropy', metrics: ['accuracy', 'mse'] },
  'of a user': { loss: (t: Any, y: Any) => tf.mean(tf.abs(tf.sub(t, y)), -1) },
  'that is not fused': { loss: 'meanAbsoluteError' },
};

test.each(Object.entries(losses))('%s: loss and gradient are those of TF.js', async (_, compiled) => {
  const expected = await step(compiled, probabilities(), targets());
  uninstall = await install(tf);
  const found = await step(compiled, probabilities(), targets());
  for (const [i, value] of expected.loss.entries()) expect(found.loss[i]).toBeCloseTo(value, 5);
  for (const [i, value] of expected.weights.entries()) {
    expect(Math.abs(found.weights[i] - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
  }
  uninstall();
  const after = await step(compiled, probabilities(), targets());
  expect(after).toEqual(expected);
});

test('two outputs have losses by their names', async () => {
  const run = async () => {
    const input = tf.input({ shape: [4] });
    const dense = (name: string) =>
      tf.layers.dense({ name, units: 3, activation: 'softmax', useBias: false }).apply(input);
    const model = tf.model({ inputs: input, outputs: [dense('first'), dense('second')] });
    model.compile({
      optimizer: tf.train.sgd(0.5),
      loss: { first: 'categoricalCrossentropy', second: 'meanSquaredError' },
    });
    model.setWeights([random([4, 3], 1), random([4, 3], 2)]);
    const y = tf.oneHot(tf.tensor1d([0, 2, 1, 1], 'int32'), 3).toFloat();
    await model.trainOnBatch(tf.eye(4), [y, y]);
    return model.getWeights().flatMap((each: Any) => [...each.dataSync()]);
  };
  const expected = await run();
  uninstall = await install(tf);
  const found = await run();
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
});

test('integer targets and shapes that do not fit run the code of TF.js', async () => {
  uninstall = await install(tf);
  const compiled = { loss: 'categoricalCrossentropy' };
  const { loss } = await step(compiled, probabilities(), targets().greater(0.4).toInt());
  expect(loss[0]).toBeGreaterThan(0);
  const model = modelOf(compiled, probabilities());
  await expect(model.trainOnBatch(tf.eye(4), tf.zeros([4, 3]))).rejects.toThrow(/shape/);
});

test('an output that a model has twice is refused by the error of TF.js', async () => {
  const input = tf.input({ shape: [3] });
  const output = tf.layers.dense({ units: 2 }).apply(input);
  const model = tf.model({ inputs: input, outputs: [output, output] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  uninstall = await install(tf);
  const step = model.trainOnBatch(tf.ones([1, 3]), [tf.ones([1, 2]), tf.ones([1, 2])]);
  await expect(step).rejects.toThrow(/Argument 'a' passed to 'sub' must be a Tensor/);
});

test('a step of training has one operation for a loss and one for its gradient, and leaves no tensor', async () => {
  uninstall = await install(tf);
  const [x, y] = [tf.eye(4), targets()];
  const model = modelOf({ loss: 'categoricalCrossentropy' }, probabilities());
  await model.trainOnBatch(x, y);
  const before = tf.memory();
  const { kernels } = await tf.profile(async () => {
    await model.trainOnBatch(x, y);
    return x;
  });
  const names = kernels.map(({ name }: { name: string }) => name);
  for (const name of ['Log', 'RealDiv', 'Sub', 'Sum', 'Neg']) expect(names).not.toContain(name);
  expect(tf.memory()).toEqual(before);
});
