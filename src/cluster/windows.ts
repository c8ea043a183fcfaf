import type { Truncation } from '../model/trainer.ts';

/** Steps of an update of truncated BPTT: it goes back from `end` to `start`, and its loss is that of the steps from `from` on. */
export interface Window {
  readonly start: number;
  readonly from: number;
  readonly end: number;
  /** Number of updates before the one that `start` is the first step of. */
  readonly after: number;
}

/** The updates of a sequence of the given number of steps, in order. */
export function windowsOf(steps: number, { k1, k2 }: Truncation): Window[] {
  const kept = Math.ceil(Math.min(k2, steps) / k1);
  return Array.from({ length: Math.ceil(steps / k1) }, (_, update) => {
    const after = Math.max(update - kept + 1, 0);
    const from = update * k1;
    return { start: after * k1, from, end: Math.min(from + k1, steps), after };
  });
}
