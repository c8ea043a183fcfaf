import { isFirst, meet, rowsFrom, rowsTo } from '../team';

// Rows are packed: sizes [T], non-increasing and at least 1, tells how many rows each step has; 0 for all B at every
// step. The rows of a step follow those of the step before at once; row b of step t continues row b of step t − 1.
// N = Σ sizes.

/** Rows of step t. */
export function rowsAt(t: i32, B: i32, sizes: usize): i32 {
  return sizes ? load<i32>(sizes + ((<usize>t) << 2)) : B;
}

/** N of `steps` steps from t on. */
export function countRows(t: i32, steps: i32, B: i32, sizes: usize): i32 {
  if (!sizes) return steps * B;
  let n = 0;
  for (; steps > 0; steps--, t++) n += rowsAt(t, B, sizes);
  return n;
}

/** Rows that have no step after t: `next` to rowsAt(t) − 1. */
export function nextRows(t: i32, T: i32, B: i32, sizes: usize): i32 {
  return t + 1 < T ? rowsAt(t + 1, B, sizes) : 0;
}

/** Of a step's m rows those of this thread's turn (team.ts), which begin with row rowsFrom; without turns all. */
// @ts-ignore: decorator
@inline
export function turnRows(m: i32): i32 {
  return ASC_FEATURE_THREADS ? min(m, rowsTo) - rowsFrom : m;
}

/** This thread's turn's first row. */
// @ts-ignore: decorator
@inline
export function turnRow(): i32 {
  return ASC_FEATURE_THREADS ? rowsFrom : 0;
}

/** Bytes before it. */
// @ts-ignore: decorator
@inline
export function turnAt(row: usize): usize {
  return ASC_FEATURE_THREADS ? <usize>rowsFrom * row : 0;
}

/** Of the m rows h of step t those that have no step after it become rows of hN. Both from the turn's first row on. */
export function keepLast(m: i32, t: i32, T: i32, B: i32, sizes: usize, row: usize, h: usize, hN: usize): void {
  let next = nextRows(t, T, B, sizes);
  if (ASC_FEATURE_THREADS) next = max(next - rowsFrom, 0);
  if (next < m) memory.copy(hN + <usize>next * row, h + <usize>next * row, <usize>(m - next) * row);
}

/** hN[B, W] = the last state of every row of h [B + N, W], which begins with the initial states. */
export function last_rows(T: i32, B: i32, W: i32, sizes: usize, h: usize, hN: usize): void {
  const row = (<usize>W) << 2;
  let m = B;
  for (let t = 0; t <= T; t++) {
    const next = t < T ? rowsAt(t, B, sizes) : 0;
    const first = (<usize>next) * row;
    memory.copy(hN + first, h + first, <usize>(m - next) * row);
    h += <usize>m * row;
    m = next;
  }
}

/**
 * h [B + N, W] becomes h0 [N, W], the state before each step; what follows is lost. Threads meet: they may still be at products of
 * the last step.
 */
export function keepPrevious(T: i32, B: i32, W: i32, sizes: usize, h: usize): void {
  if (sizes && isFirst()) {
    const row = (<usize>W) << 2;
    let from = h;
    let before = B;
    for (let t = 0; t < T; t++) {
      const m = rowsAt(t, B, sizes);
      memory.copy(h, from, <usize>m * row);
      h += <usize>m * row;
      from += <usize>before * row;
      before = m;
    }
  }
  meet();
}
