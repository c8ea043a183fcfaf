import { flush, loadLanes, madd, nmadd, storeLanes } from '../simd';

/**
 * RMSprop (Tieleman & Hinton 2012) as torch.optim.RMSprop: d = s·g + weightDecay·p; v = α·v + (1 − α)·d²;
 * centered: a = α·a + (1 − α)·d, root of v − a²; u = d / (√v + eps); with momentum b = momentum·b + u, u = b;
 * p −= lr·u. v: n floats of state; a, b: likewise, 0 when not centered or without momentum.
 */
export function rmsprop_step(
  n: i32, p: usize, g: usize, v: usize, a: usize, b: usize, s: f32, lr: f32, alpha: f64, eps: f32,
  weightDecay: f32, momentum: f32,
): void {
  rmsprop(false, 0, n, p, g, v, a, b, s, lr, alpha, eps, weightDecay, momentum);
}

/**
 * As rmsprop_step, with u = d / √(v + eps). With rateInside the buffer holds the learning rate, as in TF.js: b =
 * momentum·b + lr·u, p −= b. TF.js subtracts its epsilon when centered: eps may be negative.
 */
export function rmsprop_inside_step(
  n: i32, p: usize, g: usize, v: usize, a: usize, b: usize, s: f32, lr: f32, alpha: f64, eps: f32,
  weightDecay: f32, momentum: f32, rateInside: i32,
): void {
  rmsprop(true, rateInside, n, p, g, v, a, b, s, lr, alpha, eps, weightDecay, momentum);
}

function rmsprop(
  inside: bool, rateInside: i32, n: i32, p: usize, g: usize, v: usize, a: usize, b: usize, s: f32, lr: f32, alpha: f64, eps: f32,
  weightDecay: f32, momentum: f32,
): void {
  const vs = f32x4.splat(s);
  const al = f32x4.splat(<f32>alpha);
  const be = f32x4.splat(<f32>(1.0 - alpha));
  const ve = f32x4.splat(eps);
  const vr = f32x4.splat(lr);
  const vw = f32x4.splat(weightDecay);
  const vm = f32x4.splat(momentum);
  for (; n >= 4; n -= 4, p += 16, g += 16, v += 16) {
    lanes(4, inside, rateInside, p, g, v, a, b, vs, vr, al, be, ve, vw, vm);
    if (a) a += 16;
    if (b) b += 16;
  }
  if (n > 0) lanes(n, inside, rateInside, p, g, v, a, b, vs, vr, al, be, ve, vw, vm);
}

// @ts-ignore: decorator
@inline
function lanes(
  w: i32, inside: bool, rateInside: i32, p: usize, g: usize, v: usize, a: usize, b: usize, s: v128, lr: v128, alpha: v128, rest: v128,
  eps: v128, decay: v128, momentum: v128,
): void {
  const x = loadLanes(p, w);
  const d = madd(decay, x, f32x4.mul(loadLanes(g, w), s));
  const vt = flush(madd(alpha, loadLanes(v, w), f32x4.mul(rest, f32x4.mul(d, d))));
  storeLanes(v, vt, w);
  let variance = vt;
  if (a) {
    const at = flush(madd(alpha, loadLanes(a, w), f32x4.mul(rest, d)));
    storeLanes(a, at, w);
    variance = f32x4.max(nmadd(at, at, vt), f32x4.splat(0));
  }
  const root = inside ? f32x4.sqrt(f32x4.add(variance, eps)) : f32x4.add(f32x4.sqrt(variance), eps);
  let u = f32x4.div(rateInside ? f32x4.mul(d, lr) : d, root);
  if (b) {
    u = flush(madd(momentum, loadLanes(b, w), u));
    storeLanes(b, u, w);
  }
  storeLanes(p, rateInside ? f32x4.sub(x, u) : nmadd(lr, u, x), w);
}
