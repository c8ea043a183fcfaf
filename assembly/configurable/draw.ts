import { dropout, zoneout, zoneout_backward } from '../vec/dropout';
import { turnRow } from '../sequence/ragged';
import { Recurrence } from './recurrence';

/** Number of the first row of step t for what is drawn row by row; row: where it is in the sequence. */
// @ts-ignore: decorator
@inline
export function firstOfStep(d: Recurrence, t: i32, row: i32): u32 {
  return d.rowNumbers ? load<u32>(d.rowNumbers + (<usize>t << 2)) : d.firstRow + row;
}

/** Number of row i of this thread's turn at a step whose first row has number `first`. */
// @ts-ignore: decorator
@inline
function numberOf(d: Recurrence, first: u32, i: i32): u32 {
  return first + load<u32>(d.rowNumbers + (<usize>(d.T + turnRow() + i) << 2));
}

/** Recurrent dropout of m rows of x [m, W], in the order in which they were at the first step. y may be x. */
export function dropRows(d: Recurrence, m: i32, x: usize, y: usize): void {
  const W = d.W;
  if (!d.rowNumbers) {
    dropout(m * W, d.dropHKey, turnRow() * W, d.dropH, d.dropHScale, x, y);
    return;
  }
  const row = <usize>W << 2;
  for (let i = 0; i < m; i++, x += row, y += row)
    dropout(W, d.dropHKey, numberOf(d, 0, i) * W, d.dropH, d.dropHScale, x, y);
}

/** zoneout of m rows of n numbers, the first one with number `first`: as the kernel, or `back`, its backward pass. */
export function zoneRows(
  d: Recurrence, m: i32, n: i32, key: u32, first: u32, threshold: u32, back: bool, from: usize, to: usize,
): void {
  const rows = d.rowNumbers ? m : 1;
  const count = d.rowNumbers ? n : m * n;
  for (let i = 0; i < rows; i++, from += <usize>n << 2, to += <usize>n << 2) {
    const counter = (d.rowNumbers ? numberOf(d, first, i) : first + turnRow()) * n;
    if (back) zoneout_backward(count, key, counter, threshold, from, to);
    else zoneout(count, key, counter, threshold, from, to);
  }
}
