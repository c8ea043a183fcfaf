import { loadLanes, storeLanes } from '../simd';

/** Σ |x − y| over n in f64; dx, 0 to leave it out, may be x: scale · sign(x − y), 0 where they are equal. NaN gives NaN. */
export function mae(n: i32, x: usize, y: usize, scale: f32, dx: usize): f64 {
  const k = f32x4.splat(scale);
  const one = f32x4.splat(1);
  const signs = i32x4.splat(0x80000000);
  const zero = f32x4.splat(0);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const w = min(n, 4);
    const d = f32x4.sub(loadLanes(x, w), loadLanes(y, w));
    const a = f32x4.abs(d);
    low = f64x2.add(low, f64x2.promote_low_f32x4(a));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(a, a, 1, 1)));
    if (dx) {
      // ±1 where d is a number other than 0, else d itself: 0 or NaN
      const moves = f32x4.gt(a, zero);
      const sign = v128.bitselect(v128.bitselect(d, one, signs), f32x4.abs(d), moves);
      storeLanes(dx, f32x4.mul(sign, k), w);
      dx += 16;
    }
  }
  low = f64x2.add(low, high);
  return f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
}
