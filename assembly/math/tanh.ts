import { madd } from '../simd';
import { constant, one, sign } from '../constants';
import { vexpNonPositive } from './exp';

/**
 * tanh x. Max error: 4 ULP on all floats; |result| <= 1; odd to the bit; tanh(±0) = ±0; NaN gives NaN.
 * |x| < 0.625: the polynomial of Cephes tanhf (Moshier). Beyond: (1 − z)/(1 + z), z = e^(−2|x|).
 */
// @ts-ignore: decorator
@inline
export function vtanh(x: v128): v128 {
  return tanhOf(x, decay(x));
}

/** As vtanh, not inlined: for tails, and loops that take long besides. */
export function tanhCall(x: v128): v128 {
  return vtanh(x);
}

/** z = e^(−2|x|), which tanh and its slope share. */
// @ts-ignore: decorator
@inline
export function decay(x: v128): v128 {
  return vexpNonPositive(f32x4.mul(f32x4.abs(x), constant(14, -2)));
}

/** tanh x from x and z = decay(x). */
// @ts-ignore: decorator
@inline
export function tanhOf(x: v128, z: v128): v128 {
  const a = f32x4.abs(x);
  const q = f32x4.mul(a, a);
  let p = madd(constant(16, -5.70498872745e-3), q, constant(17, 2.06390887954e-2));
  p = madd(p, q, constant(18, -5.37397155531e-2));
  p = madd(p, q, constant(19, 1.33314422036e-1));
  p = madd(p, q, constant(20, -3.33332819422e-1));
  const small = madd(f32x4.mul(p, q), a, a);
  const unit = one();
  const large = f32x4.div(f32x4.sub(unit, z), f32x4.add(unit, z));
  const y = v128.bitselect(small, large, f32x4.lt(a, constant(15, 0.625)));
  return v128.or(y, v128.and(x, sign()));
}

/** 1 − tanh² x = 4z/(1 + z)² from z = decay(x): from tanh x itself, all digits go where |x| is large. */
// @ts-ignore: decorator
@inline
export function slopeOf(z: v128): v128 {
  const d = f32x4.add(one(), z);
  return f32x4.div(f32x4.mul(f32x4.splat(4), z), f32x4.mul(d, d));
}
