import { init } from 'unrolled';
import { beforeAll, expect, test } from 'vitest';
import { flowOf, LAYERS } from '../../examples/gradient-flow/norms.mjs';

/** By sign: what docs/gradient-flow.md shows, and the gradient left after 61 steps. */
const EXPECTED: Record<string, [verdict: string, least: number, most: number]> = {
  a: ['vanishing', 0.5 ** 61.2, 0.5 ** 61],
  b: ['healthy', 0.99, 1.001],
  c: ['exploding', 1e4, 1.5 ** 61],
  d: ['healthy', 0.1, 10],
};

beforeAll(() => init({ kernels: 'simd' }));

test('every layer has its numbers', () => {
  expect(Object.keys(LAYERS)).toEqual(Object.keys(EXPECTED));
});

test.each(Object.entries(EXPECTED))('%s: %s', (sign, [verdict, least, most]) => {
  for (const seed of [1, 2, 3]) {
    const flow = flowOf(sign, seed);
    expect(flow.verdict).toBe(verdict);
    expect(flow.share).toBeGreaterThan(least);
    expect(flow.share).toBeLessThan(most);
  }
});
