export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

export function tanh(x: number): number {
  return Math.tanh(x);
}

/** log(1 + eˣ). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The position of a float32 among all of them in ascending order; both zeros are 0. */
function ordered(x: number): number {
  float[0] = x;
  const b = bits[0]!;
  return b < 0 ? -(b & 0x7fffffff) : b;
}

/** Float32 steps from `got` to `expected` rounded to float32. NaN to NaN is 0, NaN to a number Infinity. */
export function ulpDiff32(got: number, expected: number): number {
  if (Number.isNaN(got) || Number.isNaN(expected)) {
    return Number.isNaN(got) && Number.isNaN(expected) ? 0 : Number.POSITIVE_INFINITY;
  }
  return Math.abs(ordered(got) - ordered(expected));
}
