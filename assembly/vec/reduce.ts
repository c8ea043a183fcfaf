import { hmax, hsum, loadTail, madd } from '../simd';

/** Σ x[n] in f64: four running sums, one a lane, then ((l0 + l1) + (l2 + l3)). */
export function vec_sum(n: i32, x: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n > 0; n -= 4, x += 16) {
    const v = n >= 4 ? v128.load(x) : loadTail(x, n);
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1)));
  }
  return pairs(low, high);
}

/** Σ x[n]² in f64, so that neither 2^64 nor 2^-64 overflows; order as vec_sum. */
export function vec_sum_squares(n: i32, x: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n > 0; n -= 4, x += 16) {
    const v = n >= 4 ? v128.load(x) : loadTail(x, n);
    const a = f64x2.promote_low_f32x4(v);
    const b = f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  return pairs(low, high);
}

/** Σ a[n] · b[n], four running sums, one a lane. */
export function vec_dot(n: i32, a: usize, b: usize): f32 {
  let s = f32x4.splat(0);
  for (; n >= 4; n -= 4, a += 16, b += 16) s = madd(v128.load(a), v128.load(b), s);
  if (n > 0) s = madd(loadTail(a, n), loadTail(b, n), s);
  return hsum(s);
}

/** The largest of x[n], n >= 1; NaN if any is NaN. */
export function vec_max(n: i32, x: usize): f32 {
  let m = v128.load32_splat(x);
  for (; n >= 4; n -= 4, x += 16) m = f32x4.max(m, v128.load(x));
  for (; n > 0; n--, x += 4) m = f32x4.max(m, v128.load32_splat(x));
  return hmax(m);
}

// @ts-ignore: decorator
@inline
function pairs(low: v128, high: v128): f64 {
  return (
    f64x2.extract_lane(low, 0) +
    f64x2.extract_lane(low, 1) +
    (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1))
  );
}

/** y[n] += Σ over m rows of A[m, n], in the order of the rows; lda floats from row to row. */
export function add_column_sums(m: i32, n: i32, a: usize, lda: i32, y: usize): void {
  assert(lda >= n, 'add_column_sums: the leading dimension is below its row');
  const ld = (<usize>lda) << 2;
  for (; n >= 16; n -= 16, a += 64, y += 64) {
    let s0 = v128.load(y);
    let s1 = v128.load(y, 16);
    let s2 = v128.load(y, 32);
    let s3 = v128.load(y, 48);
    let p = a;
    for (let i = 0; i < m; i++, p += ld) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
      s2 = f32x4.add(s2, v128.load(p, 32));
      s3 = f32x4.add(s3, v128.load(p, 48));
    }
    v128.store(y, s0);
    v128.store(y, s1, 16);
    v128.store(y, s2, 32);
    v128.store(y, s3, 48);
  }
  for (; n > 0; n--, a += 4, y += 4) {
    let s = load<f32>(y);
    let p = a;
    for (let i = 0; i < m; i++, p += ld) s += load<f32>(p);
    store<f32>(y, s);
  }
}
