import { log64 } from '../math/log';
import { vexpNonPositive } from '../math/exp';
import { hsum, loadLanes, loadTail, storeLanes } from '../simd';
import { vec_max } from '../math/largest';

/**
 * Σ over m rows of −ln softmax(x[i, :])[target[i]], rows of n logits; rows whose target is `ignore` count nothing.
 * dx [m, n], 0 to leave it out, may be x: scale · (softmax − one-hot), and 0 in ignored rows.
 * Preconditions: n >= 1; every other target in 0..n−1.
 */
export function cross_entropy(
  m: i32, n: i32, x: usize, target: usize, ignore: i32, scale: f32, dx: usize,
): f64 {
  const bytes = (<usize>n) << 2;
  let sum: f64 = 0;
  for (; m > 0; m--, x += bytes, target += 4) {
    const y = load<i32>(target);
    if (y == ignore) {
      if (dx) memory.fill(dx, 0, bytes);
    } else {
      const largest = vec_max(n, x);
      const at: usize = (<usize>y) << 2;
      const picked = load<f32>(x + at);
      const s = rowExp(n, x, largest, dx);
      sum += log64(<f64>s) - (<f64>picked - <f64>largest);
      if (dx) {
        rowScale(n, scale / s, dx);
        store<f32>(dx + at, load<f32>(dx + at) - scale);
      }
    }
    if (dx) dx += bytes;
  }
  return sum;
}

/** Σ e^(x − largest), the terms to `to` where there is one. largest: as vec_max. Four sums, in the order of x. */
export function rowExp(n: i32, x: usize, largest: f32, to: usize): f32 {
  const m = f32x4.splat(largest);
  let sum = f32x4.splat(0);
  for (; n >= 8; n -= 8, x += 32) {
    const low = vexpNonPositive(f32x4.sub(v128.load(x), m));
    const high = vexpNonPositive(f32x4.sub(v128.load(x, 16), m));
    sum = f32x4.add(f32x4.add(sum, low), high);
    if (to) {
      v128.store(to, low);
      v128.store(to, high, 16);
      to += 32;
    }
  }
  return hsum(n > 0 ? restExp(n, x, m, to, sum) : sum);
}

/** Of n in 1..7: apart, since a call in the loop makes V8 spill. */
function restExp(n: i32, x: usize, m: v128, to: usize, sum: v128): v128 {
  for (; n > 0; n -= 4, x += 16) {
    const lanes = min(n, 4);
    const e = vexpNonPositive(f32x4.sub(loadLanes(x, lanes), m));
    if (to) {
      storeLanes(to, e, lanes);
      to += 16;
    }
    // lanes past n are no terms
    sum = f32x4.add(sum, v128.and(e, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n))));
  }
  return sum;
}

function rowScale(n: i32, s: f32, x: usize): void {
  const v = f32x4.splat(s);
  for (; n >= 4; n -= 4, x += 16) v128.store(x, f32x4.mul(v128.load(x), v));
  if (n > 0) storeLanes(x, f32x4.mul(loadLanes(x, n), v), n);
}

/** ln Σ e^x over x[n] in f64, n >= 1: ln softmax(x)[j] is x[j] less it. */
export function log_sum_exp(n: i32, x: usize): f64 {
  const largest = vec_max(n, x);
  return <f64>largest + log64(<f64>rowExp(n, x, largest, 0));
}

/** y[i, :] = softmax(x[i, :] · invTemperature) over m rows of n; y may be x. */
export function softmax_rows(m: i32, n: i32, invTemperature: f32, x: usize, y: usize): void {
  const bytes = (<usize>n) << 2;
  for (; m > 0; m--, x += bytes, y += bytes) {
    const t = f32x4.splat(invTemperature);
    let j = n;
    let from = x;
    let to = y;
    for (; j >= 4; j -= 4, from += 16, to += 16) v128.store(to, f32x4.mul(v128.load(from), t));
    if (j > 0) storeLanes(to, f32x4.mul(loadTail(from, j), t), j);
    const s = rowExp(n, y, vec_max(n, y), y);
    rowScale(n, 1 / s, y);
  }
}
