import { loadLanes, storeLanes } from '../simd';

/**
 * Σ over n of the Huber loss in f64: d²/2 where |d| <= δ, else δ·(|d| − δ/2); d = x − y, δ = delta > 0.
 * dx, 0 to leave it out, may be x: scale · (d clamped to ±δ). NaN gives NaN.
 */
export function huber(n: i32, x: usize, y: usize, delta: f32, scale: f32, dx: usize): f64 {
  const k = f32x4.splat(scale);
  const limit = f32x4.splat(delta);
  const half = f64x2.splat(0.5);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const w = min(n, 4);
    const d = f32x4.sub(loadLanes(x, w), loadLanes(y, w));
    const a = f32x4.abs(d);
    // m·(|d| − m/2) with m = min(|d|, δ) is both cases
    const m = f32x4.min(a, limit);
    const ml = f64x2.promote_low_f32x4(m);
    const mh = f64x2.promote_low_f32x4(v128.shuffle<i64>(m, m, 1, 1));
    const al = f64x2.promote_low_f32x4(a);
    const ah = f64x2.promote_low_f32x4(v128.shuffle<i64>(a, a, 1, 1));
    low = f64x2.add(low, f64x2.mul(ml, f64x2.sub(al, f64x2.mul(half, ml))));
    high = f64x2.add(high, f64x2.mul(mh, f64x2.sub(ah, f64x2.mul(half, mh))));
    if (dx) {
      storeLanes(dx, f32x4.mul(v128.bitselect(d, m, i32x4.splat(0x80000000)), k), w);
      dx += 16;
    }
  }
  low = f64x2.add(low, high);
  return f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
}
