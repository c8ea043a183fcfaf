import { loadLanes, storeLanes } from '../simd';

/** Σ (x − y)² over n in f64; dx, 0 to leave it out, may be x: scale · (x − y). */
export function mse(n: i32, x: usize, y: usize, scale: f32, dx: usize): f64 {
  const k = f32x4.splat(scale);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const w = min(n, 4);
    const d = f32x4.sub(loadLanes(x, w), loadLanes(y, w));
    const a = f64x2.promote_low_f32x4(d);
    const b = f64x2.promote_low_f32x4(v128.shuffle<i64>(d, d, 1, 1));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
    if (dx) {
      storeLanes(dx, f32x4.mul(d, k), w);
      dx += 16;
    }
  }
  low = f64x2.add(low, high);
  return f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
}
