import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * Adam (Kingma & Ba 2015) as torch.optim.Adam, or AdamW (Loshchilov & Hutter 2019) as torch.optim.AdamW when
 * decoupled. d = s·g (+ weightDecay·p, or p −= lr·weightDecay·p); m = β1·m + (1 − β1)·d; v = β2·v + (1 − β2)·d²;
 * p −= lr/c1 · m / (√v/√c2 + eps), c = 1 − β^t: rate = lr/c1, root = 1/√c2. m, v: n floats of state, subnormals
 * flushed.
 */
export function adam_step(
  n: i32, p: usize, g: usize, m: usize, v: usize, s: f32, lr: f32, beta1: f64, beta2: f64, eps: f32,
  weightDecay: f32, decoupled: i32, rate: f32, root: f32,
): void {
  adam(n, p, g, m, v, 0, s, lr, beta1, beta2, eps, weightDecay, decoupled, rate, root);
}

/** As adam_step, with the largest v so far in its place (Reddi et al. 2018); top: n floats of state. */
export function amsgrad_step(
  n: i32, p: usize, g: usize, m: usize, v: usize, top: usize, s: f32, lr: f32, beta1: f64, beta2: f64, eps: f32,
  weightDecay: f32, decoupled: i32, rate: f32, root: f32,
): void {
  adam(n, p, g, m, v, top, s, lr, beta1, beta2, eps, weightDecay, decoupled, rate, root);
}

/** top: 0 for none. */
function adam(
  n: i32, p: usize, g: usize, m: usize, v: usize, top: usize, s: f32, lr: f32, beta1: f64,
  beta2: f64, eps: f32, weightDecay: f32, decoupled: i32, rate: f32, root: f32,
): void {
  const vs = f32x4.splat(s);
  const b1 = f32x4.splat(<f32>beta1);
  const a1 = f32x4.splat(<f32>(1.0 - beta1));
  const b2 = f32x4.splat(<f32>beta2);
  const a2 = f32x4.splat(<f32>(1.0 - beta2));
  const ve = f32x4.splat(eps);
  const vr = f32x4.splat(-rate);
  const vroot = f32x4.splat(root);
  const coupled = f32x4.splat(decoupled ? 0 : weightDecay);
  const keep = f32x4.splat(decoupled ? 1.0 - lr * weightDecay : 1.0);
  for (; n >= 4; n -= 4, p += 16, g += 16, m += 16, v += 16) {
    lanes(4, p, g, m, v, top, vs, b1, a1, b2, a2, ve, vr, vroot, coupled, keep);
    if (top) top += 16;
  }
  if (n > 0) lanes(n, p, g, m, v, top, vs, b1, a1, b2, a2, ve, vr, vroot, coupled, keep);
}

// @ts-ignore: decorator
@inline
function lanes(
  w: i32, p: usize, g: usize, m: usize, v: usize, top: usize, s: v128, b1: v128, a1: v128, b2: v128, a2: v128,
  eps: v128, rate: v128, root: v128, coupled: v128, keep: v128,
): void {
  const x = loadLanes(p, w);
  const d = madd(coupled, x, f32x4.mul(loadLanes(g, w), s));
  const mt = flush(madd(b1, loadLanes(m, w), f32x4.mul(a1, d)));
  let vt = flush(madd(b2, loadLanes(v, w), f32x4.mul(a2, f32x4.mul(d, d))));
  storeLanes(m, mt, w);
  storeLanes(v, vt, w);
  if (top) {
    vt = flush(f32x4.max(loadLanes(top, w), vt));
    storeLanes(top, vt, w);
  }
  const denominator = madd(f32x4.sqrt(vt), root, eps);
  storeLanes(p, madd(rate, f32x4.div(mt, denominator), f32x4.mul(x, keep)), w);
}
