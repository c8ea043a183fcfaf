/** Central differences of the scalar `loss` by each element of `x`, which is changed and restored. */
export function numericGradient(loss: () => number, x: Float64Array, eps = 1e-6): Float64Array {
  const gradient = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const kept = x[i]!;
    x[i] = kept + eps;
    const above = x[i]!;
    const high = loss();
    x[i] = kept - eps;
    const below = x[i]!;
    const low = loss();
    x[i] = kept;
    gradient[i] = (high - low) / (above - below);
  }
  return gradient;
}

/**
 * The greatest |got − expected| / max(|got|, |expected|, floor); Infinity where lengths differ or a value
 * is not finite on one side only.
 */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>, floor: number): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const a = got[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), floor);
    worst = Math.max(worst, Number.isFinite(error) ? error : Number.POSITIVE_INFINITY);
  }
  return worst;
}
