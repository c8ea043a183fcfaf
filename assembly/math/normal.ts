import { madd } from '../simd';

/**
 * P(X > a) of a normal X and z = e^(−a²/2), a >= 0 or NaN: erfc by formula 7.1.26 of Abramowitz & Stegun (1964), absolute
 * error 1.5e-7 before rounding, half of that here.
 */
// @ts-ignore: decorator
@inline
export function upperTail(a: v128, z: v128): v128 {
  // t = 1 / (1 + p·a/√2), p = 0.3275911
  const t = f32x4.div(f32x4.splat(1), madd(f32x4.splat(0.23164188), a, f32x4.splat(1)));
  let q = madd(f32x4.splat(0.5307027145), t, f32x4.splat(-0.7265760135));
  q = madd(q, t, f32x4.splat(0.710706870));
  q = madd(q, t, f32x4.splat(-0.142248368));
  q = madd(q, t, f32x4.splat(0.127414796));
  return f32x4.mul(f32x4.mul(q, t), z);
}
