import { one, sign } from '../constants';
import { vexpNonPositive } from './exp';

/**
 * 1 / (1 + e^−x). Max error: 4 ULP where the result is normal; 0 <= result <= 1; below 2^-126 it is 0;
 * NaN gives NaN. z = e^−|x|; then 1/(1 + z) for x >= 0 and z/(1 + z) for x < 0, so neither side cancels.
 */
// @ts-ignore: decorator
@inline
export function vsigmoid(x: v128): v128 {
  return sigmoidOf(x, sigmoidDecay(x));
}

/** As vsigmoid, not inlined: for tails, and loops that take long besides. */
export function sigmoidCall(x: v128): v128 {
  return vsigmoid(x);
}

/** z = e^−|x|, which σ(x) and σ(−x) share. */
// @ts-ignore: decorator
@inline
export function sigmoidDecay(x: v128): v128 {
  return vexpNonPositive(v128.or(x, sign()));
}

/** σ(x) from x and z = sigmoidDecay(x). */
// @ts-ignore: decorator
@inline
export function sigmoidOf(x: v128, z: v128): v128 {
  const unit = one();
  const num = v128.bitselect(z, unit, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(num, f32x4.add(unit, z));
}

/** 1 − σ(x) = σ(−x) from x and z = sigmoidDecay(x): from σ(x) itself, all digits go where x is large. */
// @ts-ignore: decorator
@inline
export function complementOf(x: v128, z: v128): v128 {
  const unit = one();
  const num = v128.bitselect(unit, z, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(num, f32x4.add(unit, z));
}
