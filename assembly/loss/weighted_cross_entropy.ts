import { log64 } from '../math/log';
import { vec_max } from '../math/largest';
import { rowExp } from './cross_entropy';

/**
 * As cross_entropy, with a weight per class and label smoothing ε, as torch.nn.CrossEntropyLoss: Σ over m rows of
 * −(1 − ε)·w[y]·ln p[y] − ε/n·Σ_c w[c]·ln p[c], p = softmax of a row of n logits. w [n], 0 for ones. dx [m, n], 0 to
 * leave it out, may be x: its gradient times scale. Preconditions: n >= 1; targets other than `ignore` in 0..n−1.
 */
export function weighted_cross_entropy(
  m: i32, n: i32, x: usize, target: usize, ignore: i32, w: usize, smoothing: f32, scale: f32, dx: usize,
): f64 {
  const bytes = (<usize>n) << 2;
  const hit: f64 = 1.0 - <f64>smoothing;
  const each: f64 = <f64>smoothing / <f64>n;
  let all: f64 = <f64>n;
  if (w) {
    all = 0;
    for (let c: usize = 0; c < bytes; c += 4) all += <f64>load<f32>(w + c);
  }
  let sum: f64 = 0;
  for (; m > 0; m--, x += bytes, target += 4) {
    const y = load<i32>(target);
    if (y == ignore) {
      if (dx) memory.fill(dx, 0, bytes);
    } else {
      const largest = vec_max(n, x);
      const at: usize = (<usize>y) << 2;
      const own: f64 = hit * (w ? <f64>load<f32>(w + at) : 1.0);
      const picked: f64 = <f64>load<f32>(x + at);
      let smooth: f64 = 0;
      if (smoothing > 0) {
        for (let c: usize = 0; c < bytes; c += 4) {
          const weight: f64 = w ? <f64>load<f32>(w + c) : 1.0;
          smooth += weight * (<f64>load<f32>(x + c) - <f64>largest);
        }
      }
      const s = rowExp(n, x, largest, dx);
      const logs = log64(<f64>s);
      sum += own * (logs - (picked - <f64>largest));
      if (smoothing > 0) sum += each * (all * logs - smooth);
      if (dx) {
        const total = <f32>((own + each * all) / <f64>s) * scale;
        const part = <f32>each * scale;
        for (let c: usize = 0; c < bytes; c += 4) {
          const weight: f32 = w ? load<f32>(w + c) : 1;
          store<f32>(dx + c, load<f32>(dx + c) * total - part * weight);
        }
        store<f32>(dx + at, load<f32>(dx + at) - <f32>own * scale);
      }
    }
    if (dx) dx += bytes;
  }
  return sum;
}
