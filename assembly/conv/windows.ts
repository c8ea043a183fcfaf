/**
 * Windows over the steps of a sequence: what the kernels of this room read, written by src/layers/windows.ts in this
 * order, 4 bytes per field. Output step t of row b sees the input steps t·stride + j·dilation − lefts[b], j in
 * 0..taps−1; those outside 0..length−1 are padding. Rows lie step after step, as many as `starts` says.
 */
@unmanaged
export class Windows {
  /** Steps of the input. */
  T: i32;
  /** Steps of the output. */
  outT: i32;
  /** Rows of the batch. */
  B: i32;
  /** Rows of every step, 0 where they differ. */
  full: i32;
  starts: usize; // [T + 1] first row of each input step; the last one is N
  outStarts: usize; // [outT + 1]
  lefts: usize; // [B] steps of padding before each row
  lengths: usize; // [B] input steps of each row
  taps: i32;
  stride: i32;
  dilation: i32;
}

/** Rows of the output. */
// @ts-ignore: decorator
@inline
export function outputRows(d: Windows): i32 {
  return load<i32>(d.outStarts + ((<usize>d.outT) << 2));
}

/** Rows of the input. */
// @ts-ignore: decorator
@inline
export function inputRows(d: Windows): i32 {
  return load<i32>(d.starts + ((<usize>d.T) << 2));
}

/** First row of output step t. */
// @ts-ignore: decorator
@inline
export function firstOf(d: Windows, t: i32): i32 {
  return load<i32>(d.outStarts + ((<usize>t) << 2));
}

/** The step of output row `row`: the last one that does not start after it. */
export function stepOf(d: Windows, row: i32): i32 {
  let low = 0;
  let high = d.outT;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (firstOf(d, middle) <= row) low = middle;
    else high = middle;
  }
  return low;
}

/** The input step that tap j of output step t of row b sees. */
// @ts-ignore: decorator
@inline
export function seen(d: Windows, t: i32, b: i32, j: i32): i32 {
  return t * d.stride + j * d.dilation - load<i32>(d.lefts + ((<usize>b) << 2));
}

/** The input row of step s of row b, −1 for padding. */
// @ts-ignore: decorator
@inline
export function rowAt(d: Windows, s: i32, b: i32): i32 {
  if (<u32>s >= <u32>d.T) return -1;
  const at = d.starts + ((<usize>s) << 2);
  const row = load<i32>(at) + b;
  return row < load<i32>(at, 4) ? row : -1;
}
