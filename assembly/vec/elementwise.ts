import { loadTail, madd, storeTail } from '../simd';

/** x[n] = value. */
export function vec_fill(n: i32, value: f32, x: usize): void {
  const v = f32x4.splat(value);
  for (; n >= 4; n -= 4, x += 16) v128.store(x, v);
  if (n > 0) storeTail(x, v, n);
}

/** y[n] = a[n] + b[n]; y may be a or b. */
export function vec_add(n: i32, a: usize, b: usize, y: usize): void {
  for (; n >= 4; n -= 4, a += 16, b += 16, y += 16) v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
  if (n > 0) storeTail(y, f32x4.add(loadTail(a, n), loadTail(b, n)), n);
}

/** y[n] = a[n] · b[n]; y may be a or b. */
export function vec_mul(n: i32, a: usize, b: usize, y: usize): void {
  for (; n >= 4; n -= 4, a += 16, b += 16, y += 16) v128.store(y, f32x4.mul(v128.load(a), v128.load(b)));
  if (n > 0) storeTail(y, f32x4.mul(loadTail(a, n), loadTail(b, n)), n);
}

/** x[n] *= s. */
export function vec_scale(n: i32, s: f32, x: usize): void {
  const v = f32x4.splat(s);
  for (; n >= 4; n -= 4, x += 16) v128.store(x, f32x4.mul(v128.load(x), v));
  if (n > 0) storeTail(x, f32x4.mul(loadTail(x, n), v), n);
}

/** y[n] += s · x[n]. */
export function vec_axpy(n: i32, s: f32, x: usize, y: usize): void {
  const v = f32x4.splat(s);
  for (; n >= 4; n -= 4, x += 16, y += 16) v128.store(y, madd(v, v128.load(x), v128.load(y)));
  if (n > 0) storeTail(y, madd(v, loadTail(x, n), loadTail(y, n)), n);
}

/** x[n] clamped to −limit..limit; NaN stays. */
export function vec_clamp(n: i32, limit: f32, x: usize): void {
  const high = f32x4.splat(limit);
  const low = f32x4.splat(-limit);
  for (; n >= 4; n -= 4, x += 16) v128.store(x, f32x4.max(f32x4.min(v128.load(x), high), low));
  if (n > 0) storeTail(x, f32x4.max(f32x4.min(loadTail(x, n), high), low), n);
}
