import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * Adagrad (Duchi et al. 2011) as torch.optim.Adagrad: d = s·g + weightDecay·p; v += d²; p −= rate·d / (√v + eps),
 * rate = lr / (1 + (t − 1)·lrDecay). v: n floats of state, subnormals flushed.
 */
export function adagrad_step(
  n: i32, p: usize, g: usize, v: usize, s: f32, rate: f32, eps: f32, weightDecay: f32,
): void {
  adagrad(false, n, p, g, v, s, rate, eps, weightDecay);
}

/** As adagrad_step, with p −= rate·d / √(v + eps), as TF.js. */
export function adagrad_inside_step(
  n: i32, p: usize, g: usize, v: usize, s: f32, rate: f32, eps: f32, weightDecay: f32,
): void {
  adagrad(true, n, p, g, v, s, rate, eps, weightDecay);
}

function adagrad(
  inside: bool, n: i32, p: usize, g: usize, v: usize, s: f32, rate: f32, eps: f32, weightDecay: f32,
): void {
  const vs = f32x4.splat(s);
  const vr = f32x4.splat(-rate);
  const ve = f32x4.splat(eps);
  const vw = f32x4.splat(weightDecay);
  for (; n >= 4; n -= 4, p += 16, g += 16, v += 16) lanes(4, inside, p, g, v, vs, vr, ve, vw);
  if (n > 0) lanes(n, inside, p, g, v, vs, vr, ve, vw);
}

// @ts-ignore: decorator
@inline
function lanes(
  w: i32, inside: bool, p: usize, g: usize, v: usize, s: v128, rate: v128, eps: v128, decay: v128,
): void {
  const x = loadLanes(p, w);
  const d = madd(decay, x, f32x4.mul(loadLanes(g, w), s));
  const vt = flush(madd(d, d, loadLanes(v, w)));
  storeLanes(v, vt, w);
  const root = inside ? f32x4.sqrt(f32x4.add(vt, eps)) : f32x4.add(f32x4.sqrt(vt), eps);
  storeLanes(p, madd(rate, f32x4.div(d, root), x), w);
}
