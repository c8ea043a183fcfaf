import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { install } from '../../src/tfjs/index.ts';
import { difference } from './difference.ts';
import { type Any, random } from './random.ts';

let uninstall: () => void = () => {};
beforeAll(() => tf.setBackend('cpu'));
afterEach(() => uninstall());

const { layers } = tf;
const initializer = () => tf.initializers.randomUniform({ minval: -1, maxval: 1, seed: 5 });

/** Layers that act on each row by itself, and the shape of a row. */
const PER_ROW: Record<string, [() => unknown, number[]]> = {
  dense: [() => layers.dense({ units: 3, activation: 'softmax', kernelInitializer: initializer() }), [4]],
  'dense of a matrix': [() => layers.dense({ units: 3, kernelInitializer: initializer() }), [2, 4]],
  activation: [() => layers.activation({ activation: 'softmax' }), [4]],
  softmax: [() => layers.softmax(), [4]],
  leakyReLU: [() => layers.leakyReLU(), [4]],
  reshape: [() => layers.reshape({ targetShape: [2, 2] }), [4]],
  flatten: [() => layers.flatten(), [2, 3]],
  conv1d: [() => layers.conv1d({ filters: 2, kernelSize: 2, kernelInitializer: initializer() }), [4, 3]],
};

/** The output, the gradient of its weighted sum by x, and how often the layer was called. */
function run(make: () => unknown, row: number[]) {
  const layer = make() as { call(...args: unknown[]): unknown };
  let calls = 0;
  const { call } = layer;
  layer.call = (...args) => {
    calls++;
    return call.apply(layer, args);
  };
  const distributed = layers.timeDistributed({ layer });
  return tf.tidy(() => {
    const x = random([3, 5, ...row], 1);
    const y = distributed.apply(x);
    const weights = random(y.shape, 2);
    const dx = tf.grad((given: unknown) => tf.sum(tf.mul(distributed.apply(given), weights)))(x);
    return { shape: y.shape, y: y.dataSync(), dx: dx.dataSync(), calls };
  });
}

describe.each(Object.entries(PER_ROW))('TimeDistributed of %s', (_, [make, row]) => {
  test('is one call with what TF.js gives', async () => {
    const expected = run(make, row);
    expect(expected.calls).toBe(10);
    uninstall = await install(tf);
    const found = run(make, row);
    expect(found.calls).toBe(2);
    expect(found.shape).toEqual(expected.shape);
    expect(difference(found.y, expected.y)).toBeLessThan(1e-6);
    expect(difference(found.dx, expected.dx)).toBeLessThan(1e-6);
  });
});

test('a layer that draws for each step, or that is not TF.js’s, is called for each step', async () => {
  uninstall = await install(tf);
  class Dense extends tf.layers.Layer {
    static className = 'Dense';
    call(x: unknown) {
      return tf.sub(x, tf.mean(x, 0, true));
    }
  }
  for (const make of [() => layers.dropout({ rate: 0.5 }), () => new (Dense as Any)({})]) {
    expect(run(make, [4]).calls).toBe(10);
  }
});
