import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { install } from '../../src/tfjs/index.ts';
import { generator } from '../reference/random.ts';
import { alwaysTogether, endThreads, shares, teams, untilJoined } from '../threads/helpers.ts';
import { type Any, stack, tensor, train } from './models.ts';

const { layers } = tf;
const inputShape = [7, 5];

const models: Readonly<Record<string, () => readonly Any[]>> = {
  'two LSTMs': () => [
    layers.lstm({ units: 12, returnSequences: true, inputShape }),
    layers.lstm({ units: 8 }),
  ],
  'a GRU in both directions, and dropout': () => [
    layers.bidirectional({
      layer: layers.gru({ units: 9, dropout: 0.2, recurrentDropout: 0.3 }),
      mergeMode: 'concat',
      inputShape,
    }),
  ],
  'an RNN of masked steps': () => [
    layers.masking({ maskValue: 0, inputShape }),
    layers.simpleRNN({ units: 16, returnSequences: true }),
    layers.timeDistributed({ layer: layers.dense({ units: 3 }) }),
  ],
};

describe.runIf(shares)('fused layers on several threads', () => {
  beforeAll(alwaysTogether);
  afterAll(endThreads);

  test.each(Object.keys(models))('%s: the same bits', async (name) => {
    const x = tf.tidy(() => tensor([19, ...inputShape], 1).mul(tf.range(0, 7).less(5).reshape([1, 7, 1])));
    const run = async (threads: number) => {
      // where TF.js takes the seeds of its masks from
      const draws = vi.spyOn(Math, 'random');
      const uninstall = await install(tf, { kernels: 'simd', threads });
      try {
        const make = () => stack(models[name]!());
        const model = make();
        const y = tensor(model.predict(x).shape, 2);
        if (threads > 1) await untilJoined(threads, () => model.predict(x).dispose());
        draws.mockImplementation(generator(3));
        return await train(make, x, y, 3);
      } finally {
        draws.mockRestore();
        uninstall();
      }
    };
    const expected = await run(1);
    for (const threads of [2, 3]) {
      teams.length = 0;
      expect(await run(threads)).toEqual(expected);
      expect(teams).toContain(threads);
    }
  });
});
