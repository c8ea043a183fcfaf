import { describe, expect, test } from 'vitest';
import { MemoryError } from '../../../src/errors.ts';
import { planCheckpoints, splitAt } from '../../../src/model/bptt/checkpoints.ts';
import { expectThrows } from '../../errors.ts';

/**
 * Fewest forward passes over a segment beside the n that back each one up, over all choices of which states to keep:
 * segment r − 1 is run from the nearest state kept before it, and any states on the way may be kept, m in all.
 */
function fewest(n: number, m: number): number {
  const known = new Map<string, number>();
  const solve = (kept: readonly number[], r: number): number => {
    if (r === 0) return 0;
    const key = `${kept} ${r}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const from = kept.at(-1)!;
    const way = Array.from({ length: r - 1 - from }, (_, i) => from + 1 + i).filter((s) => s < r - 1);
    const candidates = [...kept.filter((s) => s > 0 && s < r - 1), ...way];
    let best = Number.POSITIVE_INFINITY;
    for (let bits = 0; bits < 2 ** candidates.length; bits++) {
      const next = [0, ...candidates.filter((_, i) => bits & (1 << i))];
      if (next.length <= m) best = Math.min(best, r - 1 - from + solve(next, r - 1));
    }
    known.set(key, best);
    return best;
  };
  return solve([0], n);
}

/** What a plan of exactly n segments of one step with m states costs. */
function planned(n: number, m: number): number {
  // a longer segment never fits
  const planBytes = (steps: number) => (steps === 1 ? 1000 : 1e9);
  const { segments, checkpoints, extraForward } = planCheckpoints({
    steps: n,
    budget: 1000 + m,
    planBytes,
    stateBytes: 1,
  });
  expect(segments).toBe(n);
  expect(checkpoints).toBe(Math.min(n, m));
  return extraForward * n;
}

/** What it costs to go by `splitAt`. */
function walked(n: number, m: number): number {
  if (n <= 1) return 0;
  const at = splitAt(n, m);
  return m === 1 ? at + walked(n - 1, 1) : at + walked(n - at, m - 1) + walked(at, m);
}

describe('checkpoints', () => {
  for (const m of [1, 2, 3, 4, 5]) {
    test(`${m} states: no choice of states takes fewer forward passes`, () => {
      for (let n = 2; n <= 9; n++) {
        expect(planned(n, m), `${n} segments`).toBeCloseTo(fewest(n, m), 9);
        expect(walked(n, m), `${n} segments`).toBe(fewest(n, m));
      }
    });
  }

  test('a state for each segment costs one forward pass less a segment', () => {
    for (const n of [2, 10, 128]) expect(planned(n, n)).toBeCloseTo(n - 1, 9);
  });

  test('more memory never takes more time, and the budget holds', () => {
    const planBytes = (steps: number) => 500 + 70 * steps;
    const stateBytes = 64;
    for (const steps of [2, 7, 30, 100, 129, 1000, 1001]) {
      let last = Number.POSITIVE_INFINITY;
      const full = planBytes(steps);
      let planned = 0;
      for (let budget = 640; budget <= full + 100; budget += Math.ceil(full / 40)) {
        let report: ReturnType<typeof planCheckpoints>;
        try {
          report = planCheckpoints({ steps, budget, planBytes, stateBytes });
        } catch (error) {
          expect(error).toBeInstanceOf(MemoryError);
          expect(last).toBe(Number.POSITIVE_INFINITY);
          continue;
        }
        planned++;
        const { segmentSteps, segments, checkpoints, bytes, fullBytes, extraForward, extraTime } = report;
        expect(bytes).toBeLessThanOrEqual(budget);
        expect(bytes).toBe(planBytes(segmentSteps) + checkpoints * stateBytes);
        expect(fullBytes).toBe(full);
        expect(segments).toBe(Math.ceil(steps / segmentSteps));
        expect(extraForward).toBeLessThanOrEqual(last);
        expect(extraTime).toBeCloseTo(1 + extraForward / 3, 12);
        last = extraForward;
      }
      expect(planned).toBeGreaterThan(2);
    }
  });

  test('the least that fits is told, and fits', () => {
    const planBytes = (steps: number) => 2 ** 20 * steps;
    const stateBytes = 2 ** 18;
    const given = { steps: 16, planBytes, stateBytes };
    expectThrows(
      () => planCheckpoints({ ...given, budget: 2 ** 20 }),
      ['memoryBudget', '1310720', '16', '1048576'],
      MemoryError,
    );
    expect(planCheckpoints({ ...given, budget: 1.25 * 2 ** 20 })).toMatchObject({
      segments: 16,
      checkpoints: 1,
    });
  });
});
