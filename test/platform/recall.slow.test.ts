import { init } from 'unrolled';
import { beforeAll, expect, test } from 'vitest';
import { CELLS, recall } from '../../examples/gradient-flow/recall.mjs';

/** Right among 512 fresh sequences, the same on every engine: what docs/gradient-flow.md states. Chance is 64. */
const RIGHT: Record<string, number> = {
  RNN: 66,
  'RNN, orthogonal W_hh': 71,
  'LSTM, forget bias 1': 62,
  'LSTM, forget bias 4': 512,
  GRU: 63,
  'GRU, update bias 4': 512,
};

beforeAll(() => init({ kernels: 'simd' }));

test('every cell has its number', () => {
  expect(Object.keys(CELLS)).toEqual(Object.keys(RIGHT));
});

test.each(Object.entries(RIGHT))('delayed recall, %s: %d of 512', (cell, right) => {
  expect(recall(cell).accuracy * 512).toBe(right);
});
