/** Multiplications that are made one by one at most: about 15 ms. */
const ONE_BY_ONE = 4e6;
/** The least number with all its digits. */
const LEAST_NORMAL = 2 ** -1022;

/**
 * base^t by t multiplications one after the other, so that it has the bits of a product that was kept up at each of t
 * steps. From 4 million on, or where it has become subnormal, the rest is by squaring: any t takes the same short time.
 */
export function runningPower(base: number, t: number): number {
  let value = 1;
  let left = t;
  for (
    const end = Math.max(0, t - ONE_BY_ONE);
    left > end && value >= LEAST_NORMAL && value < Infinity;
    left--
  ) {
    value *= base;
  }
  for (let square = base; left > 0 && value > 0; left = Math.floor(left / 2), square *= square) {
    if (left % 2 === 1) value *= square;
  }
  return value;
}
