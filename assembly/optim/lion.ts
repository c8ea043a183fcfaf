import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * Lion (Chen et al. 2023, arXiv 2302.06675, algorithm 2): d = s·g; c = β1·m + (1 − β1)·d; p −= lr·(sign c +
 * weightDecay·p); m = β2·m + (1 − β2)·d. sign 0 is 0, sign NaN is NaN. m: n floats of state, subnormals flushed.
 */
export function lion_step(
  n: i32, p: usize, g: usize, m: usize, s: f32, lr: f32, beta1: f64, beta2: f64, weightDecay: f32,
): void {
  const vs = f32x4.splat(s);
  const b1 = f32x4.splat(<f32>beta1);
  const a1 = f32x4.splat(<f32>(1.0 - beta1));
  const b2 = f32x4.splat(<f32>beta2);
  const a2 = f32x4.splat(<f32>(1.0 - beta2));
  const vlr = f32x4.splat(-lr);
  const keep = f32x4.splat(1.0 - lr * weightDecay);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const signs = i32x4.splat(0x80000000);
  for (; n > 0; n -= 4, p += 16, g += 16, m += 16) {
    const w = min(n, 4);
    const d = f32x4.mul(loadLanes(g, w), vs);
    const mt = loadLanes(m, w);
    const c = madd(b1, mt, f32x4.mul(a1, d));
    const unit = v128.and(v128.bitselect(c, one, signs), f32x4.ne(c, zero));
    const sign = v128.bitselect(c, unit, f32x4.ne(c, c));
    storeLanes(m, flush(madd(b2, mt, f32x4.mul(a2, d))), w);
    storeLanes(p, madd(vlr, sign, f32x4.mul(loadLanes(p, w), keep)), w);
  }
}
