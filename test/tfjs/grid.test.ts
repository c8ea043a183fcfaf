import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { some } from '../thorough.ts';
import { compare } from './grid/compare.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
  // of `unroll`, which TF.js ignores
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

describe.each([
  { backend: true, seeds: [1, 2, 3, 4, 5, 6, 7, 8] },
  { backend: false, seeds: [1, 2, 3, 4] },
])('models drawn at random train as with plain TF.js, backend: $backend', ({ backend, seeds }) => {
  test.each(some(seeds, 4))('seed %i', async (seed) => {
    const { label, losses, weights } = await compare(seed, 10, { backend });
    expect(losses, label).toBeLessThan(1e-4);
    expect(weights, label).toBeLessThan(1e-4);
  });
});
