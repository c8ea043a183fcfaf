import { madd } from '../simd';

/**
 * ln(1 + z) for z in 0..1 or NaN: 2·atanh(s), s = z/(2 + z) <= 1/3. Polynomial in s² interpolated at the Chebyshev
 * points of 0..1/9, relative error below 4e-10; with the rounding 3 ULP.
 */
// @ts-ignore: decorator
@inline
export function log1pUnit(z: v128): v128 {
  const s = f32x4.div(z, f32x4.add(f32x4.splat(2), z));
  const q = f32x4.mul(s, s);
  let p = madd(f32x4.splat(0.11612164229154587), q, f32x4.splat(0.10853288322687149));
  p = madd(p, q, f32x4.splat(0.142961785197258));
  p = madd(p, q, f32x4.splat(0.19999852776527405));
  p = madd(p, q, f32x4.splat(0.3333333432674408));
  const two = f32x4.add(s, s);
  return madd(f32x4.mul(p, q), two, two);
}
