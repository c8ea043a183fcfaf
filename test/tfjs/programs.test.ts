import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { PROGRAMS } from '../../bench/tfjsPrograms.mjs';
import { explain } from '../../src/tfjs/index.ts';
import { some } from '../thorough.ts';
import { type Any, installed, seedWeights } from './models.ts';

const STEPS = 4;

/** Losses of some updates, and what fell back to the cpu backend after the first one and in a prediction. */
async function trained(name: string) {
  const { model, batch } = PROGRAMS[name]!(tf, { units: 16, length: 9 });
  seedWeights(model);
  // the same ones each time, whatever was drawn before
  const shapes = batch(8);
  const { x, y } = { x: [shapes.x].flat().map(repeated), y: repeated(shapes.y) };
  const losses: number[] = [];
  let before: object[] = [];
  for (let i = 0; i < STEPS; i++) {
    losses.push([await model.trainOnBatch(x.length > 1 ? x : x[0], y)].flat()[0]);
    if (i === 0 && tf.getBackend() === 'unrolled') before = explain();
  }
  tf.dispose(model.predict(x.length > 1 ? x : x[0]));
  const after = tf.getBackend() === 'unrolled' ? explain() : [];
  model.dispose();
  return { losses, before, after };
}

/** Rows with their one at, or their numbers, place + row. */
function repeated(like: Any): Any {
  const n = like.shape.at(-1);
  const isOneHot = like.shape.length > 2 || n > 12;
  const values = like.dataSync().slice();
  values.fill(0);
  if (isOneHot) for (let i = 0; i < values.length / n; i++) values[i * n + ((i * 7) % n)] = 1;
  else for (let i = 0; i < values.length; i++) values[i] = i % n > n - 3 && i % 2 ? 0 : 1 + ((i * 5) % 12);
  return tf.tensor(values, like.shape);
}

describe("TF.js's examples", () => {
  beforeAll(() => tf.setBackend('cpu'));

  test.each(some(Object.keys(PROGRAMS), 3))(
    '%s trains as with plain TF.js, on kernels of this package only',
    async (name) => {
      const expected = await trained(name);
      const { losses, before, after } = await installed(() => trained(name));
      for (const [i, loss] of losses.entries()) expect(loss).toBeCloseTo(expected.losses[i]!, 5);
      expect(after).toEqual(before);
    },
  );
});
