/** Maximum number of single multiplications: about 15 ms. */
const ONE_BY_ONE = 4e6;
/** The smallest normal number. */
const LEAST_NORMAL = 2 ** -1022;

/**
 * base^t by t successive multiplications, with the same bits as a product updated at each of t steps. From 4 million
 * on, or once it is subnormal, the rest is computed by squaring, so the time is bounded.
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
