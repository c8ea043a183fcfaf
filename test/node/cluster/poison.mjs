// A thread whose loss refuses batches that contain the index 10 in their first row, at every attempt.
import { expose } from '../../../dist/cluster/thread.js';
import { poison } from './poisonLoss.mjs';

expose(
  { losses: { poison } },
  {
    twice: ({ n }) => ({ value: 2 * n, result: { n } }),
    gives: (outcome) => outcome,
    late: async ({ n }) => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      return { value: n };
    },
    closure: () => ({ value: 1, result: () => 1 }),
    fails: () => {
      throw new RangeError('of its own');
    },
  },
);
