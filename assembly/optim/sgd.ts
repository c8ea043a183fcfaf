import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * Stochastic gradient descent, as torch.optim.SGD (dampening 0): d = s·g + weightDecay·p; with momentum b = momentum·b
 * + d, and d = b, or d + momentum·b with nesterov; p −= lr·d. b: n floats of state, 0 without momentum;
 * subnormals flushed.
 */
export function sgd_step(
  n: i32, p: usize, g: usize, b: usize, s: f32, lr: f32, momentum: f32, weightDecay: f32, nesterov: i32,
): void {
  const vs = f32x4.splat(s);
  const vlr = f32x4.splat(-lr);
  const vm = f32x4.splat(momentum);
  const vw = f32x4.splat(weightDecay);
  for (; n >= 4; n -= 4, p += 16, g += 16) {
    lanes(4, p, g, b, vs, vlr, vm, vw, nesterov);
    if (b) b += 16;
  }
  if (n > 0) lanes(n, p, g, b, vs, vlr, vm, vw, nesterov);
}

// @ts-ignore: decorator
@inline
function lanes(w: i32, p: usize, g: usize, b: usize, s: v128, lr: v128, momentum: v128, decay: v128, nesterov: i32): void {
  const x = loadLanes(p, w);
  let d = madd(decay, x, f32x4.mul(loadLanes(g, w), s));
  if (b) {
    const m = flush(madd(momentum, loadLanes(b, w), d));
    storeLanes(b, m, w);
    d = nesterov ? madd(momentum, m, d) : m;
  }
  storeLanes(p, madd(lr, d, x), w);
}

/**
 * As sgd_step without nesterov: b = momentum·b + fresh·d, p −= lr·b; fresh is 1 − dampening, or 1 in the first update.
 */
export function sgd_dampened_step(
  n: i32, p: usize, g: usize, b: usize, s: f32, lr: f32, momentum: f32, fresh: f32, weightDecay: f32,
): void {
  const vs = f32x4.splat(s);
  const vlr = f32x4.splat(-lr);
  const vm = f32x4.splat(momentum);
  const vf = f32x4.splat(fresh);
  const vw = f32x4.splat(weightDecay);
  for (; n > 0; n -= 4, p += 16, g += 16, b += 16) {
    const w = min(n, 4);
    const x = loadLanes(p, w);
    const d = madd(vw, x, f32x4.mul(loadLanes(g, w), vs));
    const m = flush(madd(vm, loadLanes(b, w), f32x4.mul(vf, d)));
    storeLanes(b, m, w);
    storeLanes(p, madd(vlr, m, x), w);
  }
}
