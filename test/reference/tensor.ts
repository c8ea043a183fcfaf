// Operations on tensors in float64.

/** By kind of tensor_binary. */
export const BINARY: readonly ((a: number, b: number) => number)[] = [
  (a, b) => a + b,
  (a, b) => a - b,
  (a, b) => a * b,
  (a, b) => a / b,
  Math.max,
  Math.min,
  (a, b) => Math.fround(a - b) ** 2,
];

/** By kind of tensor_compare. */
export const COMPARE: readonly ((a: number, b: number) => boolean)[] = [
  (a, b) => a === b,
  (a, b) => a !== b,
  (a, b) => a > b,
  (a, b) => a >= b,
  (a, b) => a < b,
  (a, b) => a <= b,
  // NaN is not 0
  (a, b) => a !== 0 && b !== 0,
  (a, b) => a !== 0 || b !== 0,
];

/** By kind of tensor_unary. */
export const UNARY: readonly ((x: number, alpha: number, beta: number) => number)[] = [
  (x) => -x,
  Math.abs,
  (x) => x * x,
  Math.sqrt,
  (x) => 1 / Math.fround(Math.sqrt(x)),
  (x) => 1 / x,
  Math.floor,
  Math.ceil,
  nearest,
  (x, alpha) => (Number.isNaN(x) ? x : x > 0 ? 1 : alpha),
  (x, alpha, beta) => Math.max(Math.min(x, beta), alpha),
  Math.log,
];

/** The nearest integer, of two the even one, with the sign of x. */
function nearest(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const low = Math.floor(x);
  const rest = x - low;
  const n = rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
  return n === 0 && (x < 0 || Object.is(x, -0)) ? -0 : n;
}

/** Reduces the middle axis of x[m, k, n]. */
export function reduced(
  x: ArrayLike<number>,
  [m, k, n]: readonly [number, number, number],
  f: (values: number[]) => number,
): number[] {
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return f(Array.from({ length: k }, (_, r) => x[(i * k + r) * n + j]!));
  });
}
