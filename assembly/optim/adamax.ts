import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * Adamax (Kingma & Ba 2015) as torch.optim.Adamax: d = s·g + weightDecay·p; m = β1·m + (1 − β1)·d; u = max(β2·u, |d| +
 * inside); p −= rate·m / (u + eps), rate = lr/(1 − β1^t). PyTorch's epsilon is inside and eps 0, TF.js's the other way
 * round. m, u: n floats of state, subnormals flushed.
 */
export function adamax_step(
  n: i32, p: usize, g: usize, m: usize, u: usize, s: f32, rate: f32, beta1: f64, beta2: f64, eps: f32, inside: f32,
  weightDecay: f32,
): void {
  const vs = f32x4.splat(s);
  const vr = f32x4.splat(-rate);
  const b1 = f32x4.splat(<f32>beta1);
  const a1 = f32x4.splat(<f32>(1.0 - beta1));
  const b2 = f32x4.splat(<f32>beta2);
  const ve = f32x4.splat(eps);
  const vi = f32x4.splat(inside);
  const vw = f32x4.splat(weightDecay);
  for (; n >= 4; n -= 4, p += 16, g += 16, m += 16, u += 16) lanes(4, p, g, m, u, vs, vr, b1, a1, b2, ve, vi, vw);
  if (n > 0) lanes(n, p, g, m, u, vs, vr, b1, a1, b2, ve, vi, vw);
}

// @ts-ignore: decorator
@inline
function lanes(
  w: i32, p: usize, g: usize, m: usize, u: usize, s: v128, rate: v128, b1: v128, a1: v128, b2: v128, eps: v128, inside: v128,
  decay: v128,
): void {
  const x = loadLanes(p, w);
  const d = madd(decay, x, f32x4.mul(loadLanes(g, w), s));
  const mt = flush(madd(b1, loadLanes(m, w), f32x4.mul(a1, d)));
  const ut = flush(f32x4.max(f32x4.mul(b2, loadLanes(u, w)), f32x4.add(f32x4.abs(d), inside)));
  storeLanes(m, mt, w);
  storeLanes(u, ut, w);
  storeLanes(p, madd(rate, f32x4.div(mt, f32x4.add(ut, eps)), x), w);
}
