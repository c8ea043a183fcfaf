import { vexpNonPositive } from './exp';

/**
 * 1 / (1 + e^−x). Max error: 4 ULP where the result is normal; 0 <= result <= 1; below 2^-126 it is 0;
 * NaN gives NaN. z = e^−|x|; then 1/(1 + z) for x >= 0 and z/(1 + z) for x < 0, so neither side cancels.
 */
// @ts-ignore: decorator
@inline
export function vsigmoid(x: v128): v128 {
  const z = vexpNonPositive(v128.or(x, i32x4.splat(0x80000000)));
  const one = f32x4.splat(1);
  const num = v128.bitselect(z, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(num, f32x4.add(one, z));
}
