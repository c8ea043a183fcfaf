import { madd } from '../simd';
import { direct } from './sgemm';

/** y[n] = x[k] · B[k, n] + beta·y. Row-major, ldb floats from row to row. work: `gemmWork(1, n, k)` bytes. */
export function sgemv_n(n: i32, k: i32, x: usize, b: usize, ldb: i32, beta: i32, y: usize, work: usize): void {
  assert(ldb >= n, 'sgemv_n: the leading dimension is below its row');
  direct(1, n, k, x, 0, 4, b, <usize>ldb << 2, beta, y, 0, work);
}

/**
 * y[n] = B[n, k] · x[k] + beta·y, summed in the order of k like every other product here: sixteen rows at a time,
 * four by four turned in registers.
 */
export function sgemv_t(n: i32, k: i32, x: usize, b: usize, ldb: i32, beta: i32, y: usize): void {
  assert(ldb >= k, 'sgemv_t: the leading dimension is below its row');
  const ld = <usize>ldb << 2;
  for (; n >= 16; n -= 16, b += ld << 4, y += 64) rows16(k, x, b, ld, beta, y);
  for (; n >= 4; n -= 4, b += ld << 2, y += 16) {
    v128.store(y, rows4(k, x, b, ld, beta ? v128.load(y) : f32x4.splat(0)));
  }
  for (; n > 0; n--, b += ld, y += 4) store<f32>(y, row1(k, x, b, beta ? load<f32>(y) : 0));
}

function rows16(k: i32, x: usize, b: usize, ld: usize, beta: i32, y: usize): void {
  const b1 = b + (ld << 2);
  const b2 = b1 + (ld << 2);
  const b3 = b2 + (ld << 2);
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let c2 = f32x4.splat(0);
  let c3 = f32x4.splat(0);
  if (beta) {
    c0 = v128.load(y);
    c1 = v128.load(y, 16);
    c2 = v128.load(y, 32);
    c3 = v128.load(y, 48);
  }
  const whole = (<usize>k & ~3) << 2;
  let p: usize = 0;
  for (; p < whole; p += 16) {
    const v = v128.load(x + p);
    c0 = turn(v, b + p, ld, c0);
    c1 = turn(v, b1 + p, ld, c1);
    c2 = turn(v, b2 + p, ld, c2);
    c3 = turn(v, b3 + p, ld, c3);
  }
  for (const end = (<usize>k) << 2; p < end; p += 4) {
    const s = v128.load32_splat(x + p);
    c0 = madd(s, gather(b + p, ld), c0);
    c1 = madd(s, gather(b1 + p, ld), c1);
    c2 = madd(s, gather(b2 + p, ld), c2);
    c3 = madd(s, gather(b3 + p, ld), c3);
  }
  v128.store(y, c0);
  v128.store(y, c1, 16);
  v128.store(y, c2, 32);
  v128.store(y, c3, 48);
}

// @ts-ignore: decorator
@inline
function rows4(k: i32, x: usize, b: usize, ld: usize, c: v128): v128 {
  const whole = (<usize>k & ~3) << 2;
  let p: usize = 0;
  for (; p < whole; p += 16) c = turn(v128.load(x + p), b + p, ld, c);
  for (const end = (<usize>k) << 2; p < end; p += 4) c = madd(v128.load32_splat(x + p), gather(b + p, ld), c);
  return c;
}

// @ts-ignore: decorator
@inline
function row1(k: i32, x: usize, b: usize, c: f32): f32 {
  let v = f32x4.splat(c);
  for (const end = b + ((<usize>k) << 2); b < end; b += 4, x += 4) {
    v = madd(v128.load32_splat(x), v128.load32_splat(b), v);
  }
  return f32x4.extract_lane(v, 0);
}

/** c + the four rows at b times x[0..3], one x after the other. */
// @ts-ignore: decorator
@inline
function turn(x: v128, b: usize, ld: usize, c: v128): v128 {
  const r0 = v128.load(b);
  const r1 = v128.load(b + ld);
  const r2 = v128.load(b + (ld << 1));
  const r3 = v128.load(b + ld + (ld << 1));
  const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const t1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  c = madd(v128.shuffle<i32>(x, x, 0, 0, 0, 0), v128.shuffle<i64>(t0, t1, 0, 2), c);
  c = madd(v128.shuffle<i32>(x, x, 1, 1, 1, 1), v128.shuffle<i64>(t0, t1, 1, 3), c);
  c = madd(v128.shuffle<i32>(x, x, 2, 2, 2, 2), v128.shuffle<i64>(t2, t3, 0, 2), c);
  return madd(v128.shuffle<i32>(x, x, 3, 3, 3, 3), v128.shuffle<i64>(t2, t3, 1, 3), c);
}

/** One float of each of four rows. */
// @ts-ignore: decorator
@inline
function gather(b: usize, ld: usize): v128 {
  let v = v128.load32_zero(b);
  v = v128.load32_lane(b + ld, v, 1);
  v = v128.load32_lane(b + (ld << 1), v, 2);
  return v128.load32_lane(b + ld + (ld << 1), v, 3);
}
