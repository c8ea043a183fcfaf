import { loadTail, storeTail } from '../simd';
import { firstOf, rowAt, seen, stepOf, Windows } from './windows';

// The matrix that a convolution is a product with: a row per output row, tap after tap the channels that it sees.

/** Bytes from an input row to the one that the next tap sees, for full batches. */
// @ts-ignore: decorator
@inline
export function tapBytes(d: Windows, ld: usize): usize {
  return <usize>(d.dilation * d.full) * ld;
}

/**
 * For a part of the matrix that lies in x as it is, with rows `stride` input rows apart and columns at equal distances:
 * where it begins; else 0. Arguments as `gather`.
 */
export function inPlace(d: Windows, first: i32, m: i32, j: i32, taps: i32, n: i32, offset: usize, ld: usize, x: usize): usize {
  if (!d.full || (d.stride > 1 && d.full > 1)) return 0;
  if (taps > 1 && n > 1 && tapBytes(d, ld) != (<usize>n) << 2) return 0;
  const t = first / d.full;
  const s = seen(d, t, 0, j);
  const end = seen(d, (first + m - 1) / d.full, 0, j + taps - 1);
  if (s < 0 || end >= d.T) return 0;
  return x + <usize>(s * d.full + first - t * d.full) * ld + offset;
}

/**
 * out[m, taps·n] = the columns of `taps` taps from tap j on, and of n channels from byte `offset` of an input row on, for
 * the output rows first..first+m−1. Rows of x are ld bytes. Steps before the first
 * come from state, [B, P·ld / 4] the P = (taps − 1)·dilation steps before (0 for none), all other padding is zeros.
 */
export function gather(
  d: Windows, first: i32, m: i32, j: i32, taps: i32, n: i32, offset: usize, ld: usize, x: usize, state: usize, out: usize,
): void {
  if (m == 0) return;
  const bytes = (<usize>n) << 2;
  const before = (d.taps - 1) * d.dilation;
  const step = tapBytes(d, ld);
  const span = (taps - 1) * d.dilation;
  let t = stepOf(d, first);
  let b = first - firstOf(d, t);
  for (let i = 0; i < m; i++, b++) {
    while (firstOf(d, t) + b >= firstOf(d, t + 1)) {
      t++;
      b = 0;
    }
    let s = seen(d, t, b, j);
    if (d.full && s >= 0 && s + span < d.T) {
      let from = x + <usize>(s * d.full + b) * ld + offset;
      if (n == 1) {
        for (const end = out + ((<usize>taps) << 2); out < end; out += 4, from += step) store<f32>(out, load<f32>(from));
      } else {
        for (let p = 0; p < taps; p++, from += step, out += bytes) copy(n, from, out);
      }
      continue;
    }
    for (let p = 0; p < taps; p++, s += d.dilation, out += bytes) {
      const row = rowAt(d, s, b);
      if (row >= 0) copy(n, x + <usize>row * ld + offset, out);
      else if (s < 0 && state) copy(n, state + <usize>(b * before + before + s) * ld + offset, out);
      else zero(n, out);
    }
  }
}

/** Adds what `gather` would have read to where it read it, from the last row to the first; state may be 0. */
export function scatter(
  d: Windows, first: i32, m: i32, j: i32, taps: i32, n: i32, offset: usize, ld: usize, from: usize, x: usize, state: usize,
): void {
  if (m == 0) return;
  const bytes = (<usize>n) << 2;
  const before = (d.taps - 1) * d.dilation;
  const step = tapBytes(d, ld);
  const span = (taps - 1) * d.dilation;
  let t = stepOf(d, first + m - 1);
  let b = first + m - 1 - firstOf(d, t);
  from += <usize>(m * taps) * bytes;
  for (let i = 0; i < m; i++, b--) {
    while (b < 0) {
      t--;
      b = firstOf(d, t + 1) - firstOf(d, t) - 1;
    }
    from -= <usize>taps * bytes;
    let s = seen(d, t, b, j);
    if (d.full && s >= 0 && s + span < d.T) {
      let to = x + <usize>(s * d.full + b) * ld + offset;
      let at = from;
      if (n == 1) {
        for (const end = at + ((<usize>taps) << 2); at < end; at += 4, to += step) {
          store<f32>(to, load<f32>(to) + load<f32>(at));
        }
      } else {
        for (let p = 0; p < taps; p++, at += bytes, to += step) add(n, at, to);
      }
      continue;
    }
    for (let p = 0; p < taps; p++, s += d.dilation) {
      const at = from + <usize>p * bytes;
      const row = rowAt(d, s, b);
      if (row >= 0) add(n, at, x + <usize>row * ld + offset);
      else if (s < 0 && state) add(n, at, state + <usize>(b * before + before + s) * ld + offset);
    }
  }
}

/** to[n] = from[n]; a call of memory.copy takes longer for few. */
// @ts-ignore: decorator
@inline
function copy(n: i32, from: usize, to: usize): void {
  for (; n >= 4; n -= 4, from += 16, to += 16) v128.store(to, v128.load(from));
  for (; n > 0; n--, from += 4, to += 4) store<f32>(to, load<f32>(from));
}

/** to[n] = 0. */
// @ts-ignore: decorator
@inline
function zero(n: i32, to: usize): void {
  for (; n >= 4; n -= 4, to += 16) v128.store(to, f32x4.splat(0));
  for (; n > 0; n--, to += 4) store<f32>(to, 0);
}

/** to[n] += from[n]. */
function add(n: i32, from: usize, to: usize): void {
  for (; n >= 4; n -= 4, from += 16, to += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  if (n > 0) storeTail(to, f32x4.add(loadTail(to, n), loadTail(from, n)), n);
}
