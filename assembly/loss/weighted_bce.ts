import { log64 } from '../math/log';
import { vexpNonPositive } from '../math/exp';
import { sigmoidCall } from '../math/sigmoid';
import { loadLanes, storeLanes } from '../simd';

/**
 * As bce_with_logits over m rows of n, positive targets weighted by w[n], as torch.nn.BCEWithLogitsLoss's pos_weight:
 * Σ of (1 − y)·x + l·ln(1 + e^−x), l = 1 + (w − 1)·y, in f64. dx, 0 to leave it out, may be x: scale · (1 − y − l·σ(−x)).
 */
export function weighted_bce_with_logits(
  m: i32, n: i32, x: usize, y: usize, w: usize, scale: f32, dx: usize,
): f64 {
  const k = f32x4.splat(scale);
  const one = f32x4.splat(1);
  let sum: f64 = 0;
  for (; m > 0; m--) {
    let weight = w;
    for (let left = n; left > 0; left -= 4, weight += 16) {
      const c = min(left, 4);
      const v = loadLanes(x, c);
      const t = loadLanes(y, c);
      const l = f32x4.add(f32x4.mul(f32x4.sub(loadLanes(weight, c), one), t), one);
      const e = vexpNonPositive(v128.or(v, i32x4.splat(0x80000000)));
      for (let i = 0; i < c; i++) {
        const at = (<usize>i) << 2;
        sum += term(load<f32>(x + at), load<f32>(y + at), load<f32>(weight + at), lane(e, i));
      }
      if (dx) {
        const slope = f32x4.sub(f32x4.sub(one, t), f32x4.mul(l, sigmoidCall(f32x4.neg(v))));
        storeLanes(dx, f32x4.mul(slope, k), c);
        dx += (<usize>c) << 2;
      }
      x += (<usize>c) << 2;
      y += (<usize>c) << 2;
    }
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function lane(v: v128, i: i32): f32 {
  if (i == 0) return f32x4.extract_lane(v, 0);
  if (i == 1) return f32x4.extract_lane(v, 1);
  return i == 2 ? f32x4.extract_lane(v, 2) : f32x4.extract_lane(v, 3);
}

/** e = e^−|x|; ln(1 + e^−x) = max(−x, 0) + ln(1 + e). */
// @ts-ignore: decorator
@inline
function term(x: f32, y: f32, w: f32, e: f32): f64 {
  const l: f64 = 1.0 + (<f64>w - 1.0) * <f64>y;
  return (1.0 - <f64>y) * <f64>x + l * (<f64>max<f32>(-x, 0) + log64(1.0 + <f64>e));
}
