import { flush, loadLanes, madd, storeLanes } from '../simd';
import { pairs, vec_sum } from './reduce';

/** The default of torch.nn.LayerNorm. */
export const LAYER_NORM_EPS: f64 = 1e-5;

/**
 * Layer normalization (Ba et al., 2016) of m rows of n >= 1 floats: y = x̂ ⊙ weight + bias, added to y when add is 1;
 * x̂ = (x − mean)/√(variance + eps). ldx, ldy: floats from row to row. weight[n]; bias[n] or 0 for none. Keeps
 * xhat[m, n] and rstd[m] for the backward pass unless xhat is 0. y may be x where their rows coincide and add is 0.
 * Mean, then variance, in f64.
 */
export function layer_norm(
  m: i32, n: i32, x: usize, ldx: i32, weight: usize, bias: usize, y: usize, ldy: i32, add: i32,
  xhat: usize, rstd: usize, eps: f64,
): void {
  assert(ldx >= n && ldy >= n, 'layer_norm: a leading dimension is below its row');
  for (; m > 0; m--, x += (<usize>ldx) << 2, y += (<usize>ldy) << 2) {
    const mean = vec_sum(n, x) / <f64>n;
    const r = <f32>(1 / sqrt(rowVariance(n, x, mean) + eps));
    // the mean as two floats: rounded to one it would be off by more than a small deviation
    const first = <f32>mean;
    const high = f32x4.splat(first);
    const low = f32x4.splat(<f32>(mean - <f64>first));
    const scale = f32x4.splat(r);
    let i = n;
    let at: usize = 0;
    for (; i >= 4; i -= 4, at += 16) normLanes(4, at, x, high, low, scale, weight, bias, y, add, xhat);
    if (i > 0) normLanes(i, at, x, high, low, scale, weight, bias, y, add, xhat);
    if (xhat) {
      store<f32>(rstd, r);
      rstd += 4;
      xhat += (<usize>n) << 2;
    }
  }
}

// @ts-ignore: decorator
@inline
function normLanes(
  n: i32, at: usize, x: usize, high: v128, low: v128, scale: v128, weight: usize, bias: usize, y: usize, add: i32, xhat: usize,
): void {
  const h = f32x4.mul(f32x4.sub(f32x4.sub(loadLanes(x + at, n), high), low), scale);
  if (xhat) storeLanes(xhat + at, h, n);
  const b = bias ? loadLanes(bias + at, n) : f32x4.splat(0);
  const v = madd(h, loadLanes(weight + at, n), b);
  storeLanes(y + at, add ? f32x4.add(loadLanes(y + at, n), v) : v, n);
}

/**
 * From dy of layer_norm: dx[m, n] = rstd·(g − mean(g) − x̂·mean(g ⊙ x̂)), g = dy ⊙ weight, subnormals +0;
 * dweight[n] += Σ dy ⊙ x̂ and dbias[n] += Σ dy, from the last row to the first; dbias 0: none. dx may be xhat (lddx = n)
 * or dy (lddx = ldy). ldy, lddx: floats from row to row. The means in f64.
 */
export function layer_norm_backward(
  m: i32, n: i32, dy: usize, ldy: i32, weight: usize, xhat: usize, rstd: usize, dx: usize, lddx: i32,
  dweight: usize, dbias: usize,
): void {
  assert(ldy >= n && lddx >= n, 'layer_norm_backward: a leading dimension is below its row');
  for (let i = m - 1; i >= 0; i--) {
    const row = <usize>i;
    const g = dy + ((row * <usize>ldy) << 2);
    const h = xhat + ((row * <usize>n) << 2);
    let sumLow = f64x2.splat(0);
    let sumHigh = f64x2.splat(0);
    let dotLow = f64x2.splat(0);
    let dotHigh = f64x2.splat(0);
    for (let j: i32 = 0; j < n; j += 4) {
      const lanes = min(n - j, 4);
      const at = (<usize>j) << 2;
      const d = loadLanes(g + at, lanes);
      const v = loadLanes(h + at, lanes);
      storeLanes(dweight + at, madd(d, v, loadLanes(dweight + at, lanes)), lanes);
      if (dbias) storeLanes(dbias + at, f32x4.add(d, loadLanes(dbias + at, lanes)), lanes);
      const p = f32x4.mul(d, loadLanes(weight + at, lanes));
      const pLow = f64x2.promote_low_f32x4(p);
      const pHigh = f64x2.promote_low_f32x4(upper(p));
      sumLow = f64x2.add(sumLow, pLow);
      sumHigh = f64x2.add(sumHigh, pHigh);
      dotLow = f64x2.add(dotLow, f64x2.mul(pLow, f64x2.promote_low_f32x4(v)));
      dotHigh = f64x2.add(dotHigh, f64x2.mul(pHigh, f64x2.promote_low_f32x4(upper(v))));
    }
    const mean = f32x4.splat(<f32>(pairs(sumLow, sumHigh) / <f64>n));
    const slope = f32x4.splat(<f32>(pairs(dotLow, dotHigh) / <f64>n));
    const scale = v128.load32_splat(rstd + (row << 2));
    const to = dx + ((row * <usize>lddx) << 2);
    let j = n;
    let at: usize = 0;
    for (; j >= 4; j -= 4, at += 16) backLanes(4, at, g, weight, h, mean, slope, scale, to);
    if (j > 0) backLanes(j, at, g, weight, h, mean, slope, scale, to);
  }
}

// @ts-ignore: decorator
@inline
function backLanes(
  n: i32, at: usize, g: usize, weight: usize, h: usize, mean: v128, slope: v128, scale: v128, to: usize,
): void {
  const p = f32x4.mul(loadLanes(g + at, n), loadLanes(weight + at, n));
  const centred = f32x4.sub(f32x4.sub(p, mean), f32x4.mul(loadLanes(h + at, n), slope));
  storeLanes(to + at, flush(f32x4.mul(scale, centred)), n);
}

/** The mean of (x − mean)². */
// @ts-ignore: decorator
@inline
function rowVariance(n: i32, x: usize, mean: f64): f64 {
  const centre = f64x2.splat(mean);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let left = n;
  for (; left >= 4; left -= 4, x += 16) {
    const v = v128.load(x);
    const a = f64x2.sub(f64x2.promote_low_f32x4(v), centre);
    const b = f64x2.sub(f64x2.promote_low_f32x4(upper(v)), centre);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  let sum = pairs(low, high);
  for (; left > 0; left--, x += 4) {
    const d = <f64>load<f32>(x) - mean;
    sum += d * d;
  }
  return sum / <f64>n;
}

/** Lanes 2 and 3 as lanes 0 and 1. */
// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return v128.shuffle<i64>(v, v, 1, 1);
}
