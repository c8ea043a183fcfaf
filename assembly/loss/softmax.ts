import { vexp } from '../math/exp';
import { flush, loadLanes, storeLanes } from '../simd';
import { log_sum_exp } from './cross_entropy';

/**
 * From y = softmax(x) of m rows of n and dy: dx = y ⊙ (dy − Σ dy ⊙ y), subnormals +0. dx may be dy or y. The sum of each
 * row in f64.
 */
export function softmax_backward(m: i32, n: i32, dy: usize, y: usize, dx: usize): void {
  const bytes = (<usize>n) << 2;
  for (; m > 0; m--, dy += bytes, y += bytes, dx += bytes) {
    const sum = f32x4.splat(<f32>rowDot(n, dy, y));
    for (let j: i32 = 0; j < n; j += 4) {
      const lanes = min(n - j, 4);
      const at = (<usize>j) << 2;
      const v = f32x4.mul(loadLanes(y + at, lanes), f32x4.sub(loadLanes(dy + at, lanes), sum));
      storeLanes(dx + at, flush(v), lanes);
    }
  }
}

/** y[i, :] = ln softmax(x[i, :]) over m rows of n >= 1; y may be x. */
export function log_softmax_rows(m: i32, n: i32, x: usize, y: usize): void {
  const bytes = (<usize>n) << 2;
  for (; m > 0; m--, x += bytes, y += bytes) {
    const sum = log_sum_exp(n, x);
    // as two floats: rounded to one it would be off by more than a small difference
    const first = <f32>sum;
    const high = f32x4.splat(first);
    const low = f32x4.splat(<f32>(sum - <f64>first));
    for (let j: i32 = 0; j < n; j += 4) {
      const lanes = min(n - j, 4);
      const at = (<usize>j) << 2;
      storeLanes(y + at, f32x4.sub(f32x4.sub(loadLanes(x + at, lanes), high), low), lanes);
    }
  }
}

/** From y = ln softmax(x) of m rows of n and dy: dx = dy − e^y · Σ dy, subnormals +0. dx may be dy or y. */
export function log_softmax_backward(m: i32, n: i32, dy: usize, y: usize, dx: usize): void {
  const bytes = (<usize>n) << 2;
  for (; m > 0; m--, dy += bytes, y += bytes, dx += bytes) {
    const sum = f32x4.splat(<f32>rowDot(n, dy, 0));
    for (let j: i32 = 0; j < n; j += 4) {
      const lanes = min(n - j, 4);
      const at = (<usize>j) << 2;
      const e = vexp(loadLanes(y + at, lanes));
      storeLanes(dx + at, flush(f32x4.sub(loadLanes(dy + at, lanes), f32x4.mul(e, sum))), lanes);
    }
  }
}

/** Σ a[n] · b[n] in f64; b = 0: Σ a[n]. */
function rowDot(n: i32, a: usize, b: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let j: i32 = 0; j < n; j += 4) {
    const lanes = min(n - j, 4);
    const at = (<usize>j) << 2;
    const v = loadLanes(a + at, lanes);
    const w = b ? loadLanes(b + at, lanes) : f32x4.splat(1);
    low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(w)));
    const v2 = v128.shuffle<i64>(v, v, 1, 1);
    const w2 = v128.shuffle<i64>(w, w, 1, 1);
    high = f64x2.add(high, f64x2.mul(f64x2.promote_low_f32x4(v2), f64x2.promote_low_f32x4(w2)));
  }
  return (
    f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1) + (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1))
  );
}
