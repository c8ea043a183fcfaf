import { log64 } from '../math/log';
import { vexpNonPositive } from '../math/exp';
import { sigmoidCall } from '../math/sigmoid';
import { loadLanes, storeLanes } from '../simd';

/**
 * Σ over n of max(x, 0) − x·y + ln(1 + e^−|x|), the binary cross-entropy of σ(x) against y in 0..1, in f64.
 * dx, 0 to leave it out, may be x: scale · (σ(x) − y).
 */
export function bce_with_logits(n: i32, x: usize, y: usize, scale: f32, dx: usize): f64 {
  const k = f32x4.splat(scale);
  let sum: f64 = 0;
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const w = min(n, 4);
    const v = loadLanes(x, w);
    const t = loadLanes(y, w);
    const e = vexpNonPositive(v128.or(v, i32x4.splat(0x80000000)));
    sum += term(f32x4.extract_lane(v, 0), f32x4.extract_lane(t, 0), f32x4.extract_lane(e, 0));
    if (w > 1) sum += term(f32x4.extract_lane(v, 1), f32x4.extract_lane(t, 1), f32x4.extract_lane(e, 1));
    if (w > 2) sum += term(f32x4.extract_lane(v, 2), f32x4.extract_lane(t, 2), f32x4.extract_lane(e, 2));
    if (w > 3) sum += term(f32x4.extract_lane(v, 3), f32x4.extract_lane(t, 3), f32x4.extract_lane(e, 3));
    if (dx) {
      storeLanes(dx, f32x4.mul(f32x4.sub(sigmoidCall(v), t), k), w);
      dx += 16;
    }
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function term(x: f32, y: f32, e: f32): f64 {
  return <f64>max<f32>(x, 0) - <f64>x * <f64>y + log64(1.0 + <f64>e);
}
