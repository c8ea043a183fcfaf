import { loadLanes, storeLanes } from '../simd';
import { firstOf, inputRows, outputRows, rowAt, seen, Windows } from './windows';

/** The largest step of each window, per channel. */
export const MAX: i32 = 0;
/** The mean of the steps of each window; padding does not count. */
export const MEAN: i32 = 1;

/**
 * Y[N′, C] = the largest of the rows of X[N, C] in each window (the first of equal ones; NaN if any is), or their mean.
 * windows: `Windows` (conv/windows.ts); each has at least one row. kind: 0 largest, 1 mean. index [N′, C]: for the
 * largest, receives the rows they come from; 0 for none.
 */
export function pool1d_forward(windows: usize, kind: i32, C: i32, x: usize, y: usize, index: usize): void {
  const d = changetype<Windows>(windows);
  const ld = (<usize>C) << 2;
  for (let t = 0; t < d.outT; t++) {
    const rows = firstOf(d, t + 1) - firstOf(d, t);
    for (let b = 0; b < rows; b++, y += ld) {
      let count = 0;
      let s = seen(d, t, b, 0);
      for (let j = 0; j < d.taps; j++, s += d.dilation) {
        const row = rowAt(d, s, b);
        if (row < 0) continue;
        const from = x + <usize>row * ld;
        if (kind == MEAN) plus(C, from, y, count == 0);
        else larger(C, from, y, row, index, count == 0);
        count++;
      }
      if (kind == MEAN) divide(C, <f32>count, y, y);
      if (index) index += ld;
    }
  }
}

/**
 * dX[N, C] = the gradient of `pool1d_forward` from dY[N′, C]. index: as forward left it, for the largest. row: C floats
 * of scratch memory, for the mean.
 */
export function pool1d_backward(
  windows: usize, kind: i32, C: i32, dy: usize, dx: usize, index: usize, row: usize,
): void {
  const d = changetype<Windows>(windows);
  const ld = (<usize>C) << 2;
  memory.fill(dx, 0, <usize>inputRows(d) * ld);
  const end = <usize>outputRows(d) * ld;
  dy += end;
  index += end;
  for (let t = d.outT - 1; t >= 0; t--) {
    for (let b = firstOf(d, t + 1) - firstOf(d, t) - 1; b >= 0; b--) {
      dy -= ld;
      index -= ld;
      if (kind == MEAN) spread(d, t, b, C, dy, dx, row);
      else {
        for (let c: usize = 0; c < ld; c += 4) {
          const to = dx + <usize>load<i32>(index + c) * ld + c;
          store<f32>(to, load<f32>(to) + load<f32>(dy + c));
        }
      }
    }
  }
}

/** Adds the mean's gradient to every row of a window. */
function spread(d: Windows, t: i32, b: i32, C: i32, dy: usize, dx: usize, part: usize): void {
  const ld = (<usize>C) << 2;
  const first = seen(d, t, b, 0);
  let count = 0;
  for (let j = 0; j < d.taps; j++) count += i32(rowAt(d, first + j * d.dilation, b) >= 0);
  divide(C, <f32>count, dy, part);
  for (let j = 0; j < d.taps; j++) {
    const row = rowAt(d, first + j * d.dilation, b);
    if (row >= 0) plus(C, part, dx + <usize>row * ld, false);
  }
}

/** y[n] = x[n], or y[n] += x[n]. */
function plus(n: i32, x: usize, y: usize, first: bool): void {
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const lanes = min(n, 4);
    const v = loadLanes(x, lanes);
    storeLanes(y, first ? v : f32x4.add(loadLanes(y, lanes), v), lanes);
  }
}

/** y[n] = x[n] / count; y may be x. */
function divide(n: i32, count: f32, x: usize, y: usize): void {
  const by = f32x4.splat(count);
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const lanes = min(n, 4);
    storeLanes(y, f32x4.div(loadLanes(x, lanes), by), lanes);
  }
}

/** y[n] = the larger of x[n] and y[n], NaN if one is; with x goes `row` to index[n]. */
function larger(n: i32, x: usize, y: usize, row: i32, index: usize, first: bool): void {
  const rows = i32x4.splat(row);
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const lanes = min(n, 4);
    const v = loadLanes(x, lanes);
    let other = v128.not(i32x4.splat(0));
    if (!first) {
      const old = loadLanes(y, lanes);
      other = v128.or(f32x4.gt(v, old), f32x4.ne(v, v));
      storeLanes(y, v128.bitselect(v, old, other), lanes);
    } else storeLanes(y, v, lanes);
    if (!index) continue;
    storeLanes(index, first ? rows : v128.bitselect(rows, loadLanes(index, lanes), other), lanes);
    index += 16;
  }
}
