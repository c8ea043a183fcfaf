import { expect, test } from 'vitest';
import { expectSameBits, output } from './threads/helpers.ts';

/** Those without a model make one, and do not count among the 1000. */
const ACTIONS = 1200;

test('threads end in the middle of each kernel of a training step', () => {
  expectSameBits([0, 1, 2]);
  expectSameBits([3, 4, 5]);
}, 400_000);

test.each([1, 2])(
  `${ACTIONS} random calls, kills, aborts and terminations, seed %i`,
  (seed) => {
    const { done, sizes, left } = output('many.mjs', [seed, ACTIONS], 1_200_000);
    expect(left).toBe(0);
    // of 1000 actions each has its number, 5 at least
    for (const name of ['kill', 'kill in a call', 'worker', 'fit', 'end', 'init'])
      expect(done[name], name).toBeGreaterThanOrEqual(5);
    // MB of the process each time a tenth of them is done
    const [, , warm, ...later] = sizes as number[];
    expect(Math.min(...later.slice(-3)), `${sizes}`).toBeLessThan(warm! + 150);
  },
  1_300_000,
);
