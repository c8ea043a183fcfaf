import { hsum, loadTail, madd } from '../simd';
import { isShared, meet, share, start } from '../team';

/** Σ x[n] in f64: four running sums, one a lane, then ((l0 + l1) + (l2 + l3)). */
export function vec_sum(n: i32, x: usize): f64 {
  return sum(false, n, x);
}

/** Σ x[n]² in f64, so that neither 2^64 nor 2^-64 overflows; order as vec_sum. */
export function vec_sum_squares(n: i32, x: usize): f64 {
  return sum(true, n, x);
}

// @ts-ignore: decorator
@inline
function sum(squared: bool, n: i32, x: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n >= 4; n -= 4, x += 16) {
    const v = v128.load(x);
    low = f64x2.add(low, termOf(squared, v));
    high = f64x2.add(high, termOf(squared, v128.shuffle<i64>(v, v, 1, 1)));
  }
  if (n > 0) {
    const v = loadTail(x, n);
    low = f64x2.add(low, termOf(squared, v));
    high = f64x2.add(high, termOf(squared, v128.shuffle<i64>(v, v, 1, 1)));
  }
  return pairs(low, high);
}

/** The two lower lanes. */
// @ts-ignore: decorator
@inline
function termOf(squared: bool, v: v128): v128 {
  const a = f64x2.promote_low_f32x4(v);
  return squared ? f64x2.mul(a, a) : a;
}

/** Σ a[n] · b[n], four running sums, one a lane. */
export function vec_dot(n: i32, a: usize, b: usize): f32 {
  let s = f32x4.splat(0);
  for (; n >= 4; n -= 4, a += 16, b += 16) s = madd(v128.load(a), v128.load(b), s);
  if (n > 0) s = madd(loadTail(a, n), loadTail(b, n), s);
  return hsum(s);
}

/** ((l0 + l1) + (l2 + l3)). */
// @ts-ignore: decorator
@inline
export function pairs(low: v128, high: v128): f64 {
  return (
    f64x2.extract_lane(low, 0) +
    f64x2.extract_lane(low, 1) +
    (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1))
  );
}

/**
 * y[n] += Σ over m rows of A[m, n], from the last row to the first, so that rows cut into pieces and summed from the
 * last piece to the first give the same bits; lda floats from row to row.
 */
export function add_column_sums(m: i32, n: i32, a: usize, lda: i32, y: usize): void {
  add_column_sums2(m, n, a, lda, y, y);
}

/**
 * As add_column_sums, into y1[n] and y2[n], each from its own start, in one pass over A. y2 may be y1, which then gets
 * the sums once.
 */
export function add_column_sums2(m: i32, n: i32, a: usize, lda: i32, y1: usize, y2: usize): void {
  assert(lda >= n, 'add_column_sums2: the leading dimension is below its row');
  const ld = (<usize>lda) << 2;
  a += <usize>m * ld;
  if (isShared()) {
    n = share(n, 16);
    a += start << 2;
    y1 += start << 2;
    y2 += start << 2;
  }
  for (; n >= 16; n -= 16, a += 64, y1 += 64, y2 += 64) {
    let s0 = v128.load(y1);
    let s1 = v128.load(y1, 16);
    let s2 = v128.load(y1, 32);
    let s3 = v128.load(y1, 48);
    let t0 = v128.load(y2);
    let t1 = v128.load(y2, 16);
    let t2 = v128.load(y2, 32);
    let t3 = v128.load(y2, 48);
    let p = a;
    for (let i = 0; i < m; i++) {
      p -= ld;
      const a0 = v128.load(p);
      const a1 = v128.load(p, 16);
      const a2 = v128.load(p, 32);
      const a3 = v128.load(p, 48);
      s0 = f32x4.add(s0, a0);
      s1 = f32x4.add(s1, a1);
      s2 = f32x4.add(s2, a2);
      s3 = f32x4.add(s3, a3);
      t0 = f32x4.add(t0, a0);
      t1 = f32x4.add(t1, a1);
      t2 = f32x4.add(t2, a2);
      t3 = f32x4.add(t3, a3);
    }
    v128.store(y1, s0);
    v128.store(y1, s1, 16);
    v128.store(y1, s2, 32);
    v128.store(y1, s3, 48);
    v128.store(y2, t0);
    v128.store(y2, t1, 16);
    v128.store(y2, t2, 32);
    v128.store(y2, t3, 48);
  }
  for (; n > 0; n--, a += 4, y1 += 4, y2 += 4) {
    let s = load<f32>(y1);
    let t = load<f32>(y2);
    let p = a;
    for (let i = 0; i < m; i++) {
      p -= ld;
      const v = load<f32>(p);
      s += v;
      t += v;
    }
    store<f32>(y1, s);
    store<f32>(y2, t);
  }
  meet();
}
