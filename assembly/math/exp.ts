import { madd, nmadd } from '../simd';
import { constant, log2e, lowest, magic, one, smallest } from '../constants';

// Cody-Waite reduction and degree-5 polynomial of Cephes expf (Moshier): x = n·ln2 + r, |r| <= ln2/2. n is rounded
// by adding 1.5·2^23 (`magic`), whose last bits then are n: on x64 nearest and trunc_sat take ten instructions more.

/** e^r − 1 for the reduced argument. */
// @ts-ignore: decorator
@inline
function polyMinusOne(r: v128): v128 {
  let p = madd(constant(8, 1.9875691500e-4), r, constant(9, 1.3981999507e-3));
  p = madd(p, r, constant(10, 8.3334519073e-3));
  p = madd(p, r, constant(11, 4.1665795894e-2));
  p = madd(p, r, constant(12, 1.6666665459e-1));
  p = madd(p, r, constant(13, 5.0000001201e-1));
  return madd(p, f32x4.mul(r, r), r);
}

/** e^r for the reduced argument, before scaling by 2^n. */
// @ts-ignore: decorator
@inline
function poly(r: v128): v128 {
  return f32x4.add(polyMinusOne(r), one());
}

// @ts-ignore: decorator
@inline
function reduce(x: v128, n: v128): v128 {
  return nmadd(n, constant(7, -2.12194440e-4), nmadd(n, constant(6, 0.693359375), x));
}

/**
 * e^x. Max error: 2 ULP on all floats whose result is normal.
 * Results below 2^-126 are 0; x > 88.72284 gives Inf; NaN gives NaN.
 */
// @ts-ignore: decorator
@inline
export function vexp(x: v128): v128 {
  // beyond these the result is Inf or 0 whatever x is; NaN passes, since it is the first operand
  const t = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), lowest());
  const m = madd(t, log2e(), magic());
  const i = i32x4.sub(m, i32x4.splat(0x4b400000));
  // two factors, since 2^128 is no float
  const half = i32x4.shr_s(i, 1);
  const s1 = i32x4.shl(i32x4.add(half, i32x4.splat(127)), 23);
  const s2 = i32x4.shl(i32x4.add(i32x4.sub(i, half), i32x4.splat(127)), 23);
  const y = f32x4.mul(f32x4.mul(poly(reduce(t, f32x4.sub(m, magic()))), s1), s2);
  return v128.andnot(y, f32x4.lt(y, smallest()));
}

/** As vexp, not inlined: for tails, and loops that take long besides. */
export function expCall(x: v128): v128 {
  return vexp(x);
}

/** As vexp for x <= 0 or NaN, with one scaling: at −88 the scale itself is 0, so no lane below turns subnormal. */
// @ts-ignore: decorator
@inline
export function vexpNonPositive(x: v128): v128 {
  const t = f32x4.pmax(x, lowest());
  const m = madd(t, log2e(), magic());
  const s = i32x4.add(i32x4.shl(m, 23), one());
  const y = f32x4.mul(poly(reduce(t, f32x4.sub(m, magic()))), s);
  return v128.andnot(y, f32x4.lt(y, smallest()));
}

/** e^x − 1 for x <= 0 or NaN: 2^n·(e^r − 1) + (2^n − 1), so that nothing cancels near 0. Max error: 4 ULP. */
// @ts-ignore: decorator
@inline
export function vexpm1NonPositive(x: v128): v128 {
  const t = f32x4.pmax(x, lowest());
  const m = madd(t, log2e(), magic());
  const s = i32x4.add(i32x4.shl(m, 23), one());
  const q = polyMinusOne(reduce(t, f32x4.sub(m, magic())));
  return madd(s, q, f32x4.sub(s, one()));
}
