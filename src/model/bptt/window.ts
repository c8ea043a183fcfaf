import type { Rows } from '../../engine/rows.ts';

/** Restricts rows to `steps` arranged steps, from step t on, with the random numbers of the whole sequence or their own. */
export function takeWindow(rows: Rows, t: number, steps: number, drawn: 'together' | 'alone'): void {
  rows.steps = steps;
  rows.first = t * rows.batch;
  rows.firstDrawn = drawn === 'together' ? rows.first : 0;
  rows.count = steps * rows.batch;
}
