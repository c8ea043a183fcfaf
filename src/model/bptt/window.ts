import type { Rows } from '../../engine/rows.ts';

/** Has rows take `steps` steps of those arranged, from step t on, as parts of one draw or with one of their own. */
export function takeWindow(rows: Rows, t: number, steps: number, drawn: 'together' | 'alone'): void {
  rows.steps = steps;
  rows.first = t * rows.batch;
  rows.firstDrawn = drawn === 'together' ? rows.first : 0;
  rows.count = steps * rows.batch;
}
