import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { compare } from './grid/compare.ts';

/** Fewer in a browser, whose engine is Node's. */
const MODELS = inject('browser') ? 6 : 60;
const SEEDS = inject('seeds') ?? Array.from({ length: MODELS }, (_, i) => 101 + i);

beforeAll(async () => {
  await tf.setBackend('cpu');
  // of `unroll`, which TF.js ignores
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

/** Other seeds: UNROLLED_SEEDS=1,2,3 npm run test:slow grid */
describe('models drawn at random train as with plain TF.js, 50 updates', () => {
  test.each(SEEDS)('seed %i', async (seed) => {
    const { label, losses, weights } = await compare(seed, 50);
    expect(losses, label).toBeLessThan(1e-4);
    expect(weights, label).toBeLessThan(1e-4);
  });
});
