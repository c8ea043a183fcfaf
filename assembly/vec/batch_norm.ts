import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * Batch normalization (Ioffe & Szegedy 2015) of m >= 2 rows of n floats by the statistics of each column: y = x̂ ⊙ weight
 * + bias, x̂ = (x − mean)/√(variance + eps), the variance divided by m. Keeps xhat[m, n] and rstd[n] for the backward
 * pass. running_mean and running_var [n] become (1 − momentum) · old + momentum · new, the new variance divided by m − 1,
 * as in torch. Sums in f64, from the first row to the last. work: `batchNormWork(n)` bytes.
 */
export function batch_norm_train(
  m: i32, n: i32, x: usize, weight: usize, bias: usize, eps: f64, momentum: f64,
  running_mean: usize, running_var: usize, y: usize, xhat: usize, rstd: usize, work: usize,
): void {
  assert(m >= 2, 'batch_norm_train: fewer than two rows');
  const sums = work;
  const squares = work + half(n);
  const count = <f64>m;
  memory.fill(work, 0, half(n) << 1);
  let row = x;
  for (let i = 0; i < m; i++, row += (<usize>n) << 2) {
    for (let j: i32 = 0; j < n; j += 4) {
      const v = loadLanes(row + ((<usize>j) << 2), min(n - j, 4));
      const to = sums + ((<usize>j) << 3);
      v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(v)));
      v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(upper(v))), 16);
    }
  }
  const all = f64x2.splat(count);
  for (let j: i32 = 0; j < n; j += 2) {
    const at = sums + ((<usize>j) << 3);
    v128.store(at, f64x2.div(v128.load(at), all));
  }
  row = x;
  for (let i = 0; i < m; i++, row += (<usize>n) << 2) {
    for (let j: i32 = 0; j < n; j += 4) {
      const v = loadLanes(row + ((<usize>j) << 2), min(n - j, 4));
      const at = (<usize>j) << 3;
      const low = f64x2.sub(f64x2.promote_low_f32x4(v), v128.load(sums + at));
      const high = f64x2.sub(f64x2.promote_low_f32x4(upper(v)), v128.load(sums + at, 16));
      const to = squares + at;
      v128.store(to, f64x2.add(v128.load(to), f64x2.mul(low, low)));
      v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(high, high)), 16);
    }
  }
  // the mean as two floats: rounded to one it would be off by more than a small deviation. Written over the sums, of
  // which each is read before
  for (let j: i32 = 0; j < n; j++) {
    const at = (<usize>j) << 2;
    const mean = load<f64>(sums + (at << 1));
    const square = load<f64>(squares + (at << 1));
    const first = <f32>mean;
    store<f32>(sums + at, first);
    store<f32>(squares + at, <f32>(mean - <f64>first));
    store<f32>(rstd + at, <f32>(1 / sqrt(square / count + eps)));
    store<f32>(running_mean + at, blend(load<f32>(running_mean + at), mean, momentum));
    store<f32>(running_var + at, blend(load<f32>(running_var + at), square / (count - 1), momentum));
  }
  for (; m > 0; m--) {
    for (let j: i32 = 0; j < n; j += 4) {
      const lanes = min(n - j, 4);
      const at = (<usize>j) << 2;
      const centred = f32x4.sub(
        f32x4.sub(loadLanes(x + at, lanes), loadLanes(sums + at, lanes)),
        loadLanes(squares + at, lanes),
      );
      const h = f32x4.mul(centred, loadLanes(rstd + at, lanes));
      storeLanes(xhat + at, h, lanes);
      storeLanes(y + at, madd(h, loadLanes(weight + at, lanes), loadLanes(bias + at, lanes)), lanes);
    }
    x += (<usize>n) << 2;
    y += (<usize>n) << 2;
    xhat += (<usize>n) << 2;
  }
}

/**
 * From dy of batch_norm_train: dx[m, n] = weight·rstd·(dy − mean(dy) − x̂·mean(dy ⊙ x̂)) by column, subnormals +0, unless
 * dx is 0; dweight[n] += Σ dy ⊙ x̂ and dbias[n] += Σ dy. Sums in f64, from the last row to the first. work:
 * `batchNormWork(n)` bytes.
 */
export function batch_norm_backward(
  m: i32, n: i32, dy: usize, weight: usize, xhat: usize, rstd: usize, dx: usize, dweight: usize, dbias: usize,
  work: usize,
): void {
  const sums = work;
  const dots = work + half(n);
  const bytes = (<usize>n) << 2;
  memory.fill(work, 0, half(n) << 1);
  for (let i = m - 1; i >= 0; i--) {
    const g = dy + <usize>i * bytes;
    const h = xhat + <usize>i * bytes;
    for (let j: i32 = 0; j < n; j += 4) {
      const lanes = min(n - j, 4);
      const d = loadLanes(g + ((<usize>j) << 2), lanes);
      const v = loadLanes(h + ((<usize>j) << 2), lanes);
      const low = f64x2.promote_low_f32x4(d);
      const high = f64x2.promote_low_f32x4(upper(d));
      const sum = sums + ((<usize>j) << 3);
      v128.store(sum, f64x2.add(v128.load(sum), low));
      v128.store(sum, f64x2.add(v128.load(sum, 16), high), 16);
      const dot = dots + ((<usize>j) << 3);
      v128.store(dot, f64x2.add(v128.load(dot), f64x2.mul(low, f64x2.promote_low_f32x4(v))));
      v128.store(dot, f64x2.add(v128.load(dot, 16), f64x2.mul(high, f64x2.promote_low_f32x4(upper(v)))), 16);
    }
  }
  // the means as floats, over the sums
  for (let j: i32 = 0; j < n; j++) {
    const at = (<usize>j) << 2;
    const sum = load<f64>(sums + (at << 1));
    const dot = load<f64>(dots + (at << 1));
    store<f32>(dbias + at, <f32>(<f64>load<f32>(dbias + at) + sum));
    store<f32>(dweight + at, <f32>(<f64>load<f32>(dweight + at) + dot));
    store<f32>(sums + at, <f32>(sum / <f64>m));
    store<f32>(dots + at, <f32>(dot / <f64>m));
  }
  if (!dx) return;
  for (; m > 0; m--, dy += bytes, xhat += bytes, dx += bytes) {
    for (let j: i32 = 0; j < n; j += 4) {
      const lanes = min(n - j, 4);
      const at = (<usize>j) << 2;
      const scale = f32x4.mul(loadLanes(weight + at, lanes), loadLanes(rstd + at, lanes));
      const centred = f32x4.sub(
        f32x4.sub(loadLanes(dy + at, lanes), loadLanes(sums + at, lanes)),
        f32x4.mul(loadLanes(xhat + at, lanes), loadLanes(dots + at, lanes)),
      );
      storeLanes(dx + at, flush(f32x4.mul(scale, centred)), lanes);
    }
  }
}

/**
 * y[m, n] = (x − mean)/√(variance + eps) ⊙ weight + bias by column, with given statistics [n]. y may be x. work:
 * `batchNormWork(n)` bytes.
 */
export function batch_norm(
  m: i32, n: i32, x: usize, mean: usize, variance: usize, weight: usize, bias: usize, eps: f64, y: usize,
  work: usize,
): void {
  for (let j: i32 = 0; j < n; j++) {
    const at = (<usize>j) << 2;
    store<f32>(work + at, <f32>(1 / sqrt(<f64>load<f32>(variance + at) + eps)));
  }
  for (; m > 0; m--, x += (<usize>n) << 2, y += (<usize>n) << 2) {
    for (let j: i32 = 0; j < n; j += 4) {
      const lanes = min(n - j, 4);
      const at = (<usize>j) << 2;
      const h = f32x4.mul(f32x4.sub(loadLanes(x + at, lanes), loadLanes(mean + at, lanes)), loadLanes(work + at, lanes));
      storeLanes(y + at, madd(h, loadLanes(weight + at, lanes), loadLanes(bias + at, lanes)), lanes);
    }
  }
}

/** Bytes of one f64 per column, columns rounded up to four. */
// @ts-ignore: decorator
@inline
function half(n: i32): usize {
  return (<usize>((n + 3) & ~3)) << 3;
}

// @ts-ignore: decorator
@inline
function blend(old: f32, given: f64, momentum: f64): f32 {
  return <f32>((1 - momentum) * <f64>old + momentum * given);
}

/** Lanes 2 and 3 as lanes 0 and 1. */
// @ts-ignore: decorator
@inline
function upper(v: v128): v128 {
  return v128.shuffle<i64>(v, v, 1, 1);
}
