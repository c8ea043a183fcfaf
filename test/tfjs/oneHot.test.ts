import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { difference } from './difference.ts';
import { type Any, installed, seedWeights, tensor, train } from './models.ts';

const [B, T, I] = [3, 5, 4];

/** Rows with a 1 at the given places, and what else is changed in them. */
function rows(change: (values: Float32Array) => void = () => {}): Any {
  const values = new Float32Array(B * T * I);
  for (let n = 0; n < B * T; n++) values[n * I + ((n * 7 + (n >> 2)) % (I - 1))] = 1;
  change(values);
  return tf.tensor(values, [B, T, I]);
}

const layers: Readonly<Record<string, (options?: object) => Any>> = {
  lstm: (options) => tf.layers.lstm({ units: 5, ...options }),
  gru: (options) => tf.layers.gru({ units: 5, ...options }),
  simpleRNN: (options) => tf.layers.simpleRNN({ units: 5, ...options }),
};

const inputs: Readonly<Record<string, () => Any>> = {
  'one-hot rows': () => rows(),
  'a row of zeros': () => rows((values) => values.fill(0, 4 * I, 5 * I)),
  'a row with two ones, a row of zeros': () => rows((values) => values.fill(0, 4 * I, 5 * I).fill(1, 0, 2)),
  'a 2 in place of a 1': () => rows((values) => values.set([0, 2, 0, 0], 3 * I)),
  'a number next to a 1': () => rows((values) => values.set([1, 0, 0, 1e-30], 14 * I)),
  'a NaN next to a 1': () => rows((values) => values.set([1, 0, Number.NaN, 0], 7 * I)),
};

/** Values of what f gives, without and with `install`. */
async function both(f: () => Any): Promise<void> {
  const read = () => tf.tidy(() => [f()].flat(2).map((each: Any) => each.dataSync()));
  const expected = read();
  const found = await installed(read);
  expect(found.length).toBe(expected.length);
  for (const [i, values] of expected.entries()) expect(difference(found[i], values)).toBeLessThan(1e-5);
}

describe.each(Object.entries(layers))('%s', (_, make) => {
  beforeAll(() => tf.setBackend('cpu'));

  test.each(Object.entries(inputs))('%s: outputs and gradients of weights and input', (__, x) =>
    both(() => {
      const layer = make({ returnSequences: true });
      layer.apply(x());
      seedWeights(layer);
      const loss = (z: Any) => tf.sum(tf.square(layer.apply(z)));
      const { value, grads } = tf.variableGrads(() => loss(x()));
      return [value, layer.apply(x()), Object.values(grads), tf.grad(loss)(x())];
    }),
  );

  test.each([
    [{}, inputs['one-hot rows']!],
    [{ goBackwards: true, useBias: false }, inputs['one-hot rows']!],
    [
      { dropout: 0.4, recurrentDropout: 0.3, dropoutFunc: (x: Any) => tf.mul(x, 1.5) },
      inputs['one-hot rows']!,
    ],
    [{ maskZero: true }, inputs['a row of zeros']!],
  ])('trains as in TF.js, %j', async (options, x) => {
    const model = () => {
      const made = tf.sequential();
      if ('maskZero' in options) made.add(tf.layers.masking({ inputShape: [T, I] }));
      const given = Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'maskZero'));
      made.add(make({ inputShape: [T, I], ...given }));
      return made;
    };
    const expected = await train(model, x(), tensor([B, 5], 3), 4);
    const found = await installed(() => train(model, x(), tensor([B, 5], 3), 4));
    expect(difference(found.losses, expected.losses)).toBeLessThan(1e-4);
    expect(difference(found.weights.flat(), expected.weights.flat())).toBeLessThan(1e-4);
    expect(difference(found.predicted, expected.predicted)).toBeLessThan(1e-4);
  });

  test('one-hot and other inputs by turns, with the same weights', () =>
    both(() => {
      const layer = make();
      const given = [rows(), tensor([B, T, I], 2), rows(), tensor([B, T, I], 2)];
      layer.apply(given[0]);
      seedWeights(layer);
      return given.map((x) => layer.apply(x));
    }));

  test('NaN and Infinity of weights that no row names reach the output', () =>
    both(() => {
      const layer = make();
      layer.apply(rows());
      seedWeights(layer);
      const [kernel, ...rest] = layer.getWeights();
      const values = kernel.dataSync().slice();
      // no row has its 1 at the last place
      values.fill(Number.POSITIVE_INFINITY, (I - 1) * kernel.shape[1]);
      layer.setWeights([tf.tensor(values, kernel.shape), ...rest]);
      return layer.apply(rows());
    }));
});
