import { expect, test } from 'vitest';
import { expectSameBits, output } from './threads/helpers.ts';

test('threads end in the middle of each kernel of a training step', () => {
  expectSameBits([0, 1, 2]);
  expectSameBits([3, 4, 5]);
}, 400_000);

test.each([1, 2])(
  '2500 random calls, kills, aborts and terminations, seed %i',
  (seed) => {
    const { done, sizes, left } = output('many.mjs', [seed, 2500], 1_200_000);
    expect(left).toBe(0);
    // the action that is drawn least often: 5 times in 1000
    for (const name of ['kill', 'kill in a call', 'worker', 'fit', 'end', 'init'])
      expect(done[name], name).toBeGreaterThanOrEqual(10);
    // MB of the process from 500 actions to 500
    const [, , warm, ...later] = sizes as number[];
    expect(Math.min(...later.slice(-3)), `${sizes}`).toBeLessThan(warm! + 150);
  },
  1_300_000,
);
