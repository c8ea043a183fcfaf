import { loadTail, storeTail } from '../simd';
import { vec_max } from '../math/largest';
import { pairs } from '../vec/reduce';

/**
 * y[i, j] = Σ x[i, r, j] over r, for x[m, k, n]: in f64, k in order. Where n is 1, four running sums, one a lane, then
 * ((l0 + l1) + (l2 + l3)). k = 0 gives 0.
 */
export function tensor_sum(m: i32, k: i32, n: i32, x: usize, y: usize): void {
  if (n == 1) {
    for (; m > 0; m--, y += 4) {
      let low = f64x2.splat(0);
      let high = f64x2.splat(0);
      for (let left = k; left > 0; left -= 4) {
        const v = left >= 4 ? v128.load(x) : loadTail(x, left);
        low = f64x2.add(low, f64x2.promote_low_f32x4(v));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1)));
        x += (<usize>min(left, 4)) << 2;
      }
      store<f32>(y, <f32>pairs(low, high));
    }
    return;
  }
  const row = (<usize>n) << 2;
  for (; m > 0; m--, x += <usize>k * row) {
    let from = x;
    for (let left = n; left > 0; left -= 4, from += 16) {
      const lanes = min(left, 4);
      let low = f64x2.splat(0);
      let high = f64x2.splat(0);
      let p = from;
      for (let r = 0; r < k; r++, p += row) {
        const v = lanes == 4 ? v128.load(p) : loadTail(p, lanes);
        low = f64x2.add(low, f64x2.promote_low_f32x4(v));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1)));
      }
      const s = v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
      if (lanes == 4) v128.store(y, s);
      else storeTail(y, s, lanes);
      y += (<usize>lanes) << 2;
    }
  }
}

/** y[i, j] = the largest x[i, r, j] over r, for x[m, k, n], k >= 1; NaN if any is NaN. */
export function tensor_max(m: i32, k: i32, n: i32, x: usize, y: usize): void {
  if (n == 1) {
    for (; m > 0; m--, x += (<usize>k) << 2, y += 4) store<f32>(y, vec_max(k, x));
    return;
  }
  const row = (<usize>n) << 2;
  for (; m > 0; m--, x += <usize>k * row) {
    let from = x;
    for (let left = n; left > 0; left -= 4, from += 16) {
      const lanes = min(left, 4);
      let p = from;
      let s = lanes == 4 ? v128.load(p) : loadTail(p, lanes);
      for (let r = 1; r < k; r++) {
        p += row;
        s = f32x4.max(s, lanes == 4 ? v128.load(p) : loadTail(p, lanes));
      }
      if (lanes == 4) v128.store(y, s);
      else storeTail(y, s, lanes);
      y += (<usize>lanes) << 2;
    }
  }
}

/**
 * y[s, :] = Σ x[i, :] over the i with segment[i] = s, from the first i to the last, for x[m, n] and y[segments, n]; a segment
 * outside of 0..segments−1 is left out.
 */
export function segment_sum(m: i32, n: i32, x: usize, segment: usize, segments: i32, y: usize): void {
  const bytes = (<usize>n) << 2;
  memory.fill(y, 0, <usize>segments * bytes);
  for (; m > 0; m--, x += bytes, segment += 4) {
    const s = load<i32>(segment);
    if (<u32>s >= <u32>segments) continue;
    let from = x;
    let to = y + <usize>s * bytes;
    let left = n;
    for (; left >= 4; left -= 4, from += 16, to += 16) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    }
    if (left > 0) storeTail(to, f32x4.add(loadTail(to, left), loadTail(from, left)), left);
  }
}
