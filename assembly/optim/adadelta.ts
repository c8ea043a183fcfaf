import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * Adadelta (Zeiler 2012) as torch.optim.Adadelta: d = s·g + weightDecay·p; v = ρ·v + (1 − ρ)·d²; u = √(a + eps) /
 * √(v + eps)·d; a = ρ·a + (1 − ρ)·u²; p −= lr·u. TF.js divides by the root of v before its update (former). v, a: n
 * floats of state, subnormals flushed.
 */
export function adadelta_step(
  n: i32, p: usize, g: usize, v: usize, a: usize, s: f32, lr: f32, rho: f64, eps: f32, weightDecay: f32, former: i32,
): void {
  const vs = f32x4.splat(s);
  const vlr = f32x4.splat(-lr);
  const keep = f32x4.splat(<f32>rho);
  const rest = f32x4.splat(<f32>(1.0 - rho));
  const ve = f32x4.splat(eps);
  const vw = f32x4.splat(weightDecay);
  for (; n >= 4; n -= 4, p += 16, g += 16, v += 16, a += 16) lanes(4, p, g, v, a, vs, vlr, keep, rest, ve, vw, former);
  if (n > 0) lanes(n, p, g, v, a, vs, vlr, keep, rest, ve, vw, former);
}

// @ts-ignore: decorator
@inline
function lanes(
  w: i32, p: usize, g: usize, v: usize, a: usize, s: v128, lr: v128, keep: v128, rest: v128, eps: v128, decay: v128, former: i32,
): void {
  const x = loadLanes(p, w);
  const d = madd(decay, x, f32x4.mul(loadLanes(g, w), s));
  const v0 = loadLanes(v, w);
  const vt = flush(madd(keep, v0, f32x4.mul(rest, f32x4.mul(d, d))));
  storeLanes(v, vt, w);
  const a0 = loadLanes(a, w);
  const below = f32x4.sqrt(f32x4.add(former ? v0 : vt, eps));
  const u = f32x4.mul(f32x4.div(f32x4.sqrt(f32x4.add(a0, eps)), below), d);
  storeLanes(a, flush(madd(keep, a0, f32x4.mul(rest, f32x4.mul(u, u)))), w);
  storeLanes(p, madd(lr, u, x), w);
}
