import { expect } from 'vitest';

/** The greatest |got − expected| over max |expected| + floor; Infinity where lengths differ or NaN is on one side. */
export function scaledError(got: ArrayLike<number>, expected: ArrayLike<number>, floor = 1e-6): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const error = Math.abs(got[i]! - expected[i]!);
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return worst / (largest + floor);
}

export function expectClose(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  label: string,
): void {
  expect(scaledError(got, expected), label).toBeLessThanOrEqual(tolerance);
}

/** Bit for bit, all NaNs being one. */
export function expectSame(got: ArrayLike<number>, expected: ArrayLike<number>, label: string): void {
  expect(got.length, `${label}: length`).toBe(expected.length);
  if (got instanceof Float32Array && expected instanceof Float32Array && sameBits(got, expected)) return;
  for (let i = 0; i < got.length; i++) {
    if (!Object.is(got[i], expected[i])) expect.fail(`${label}[${i}]: ${got[i]} is not ${expected[i]}`);
  }
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const [here, there] = [a, b].map(
    ({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length),
  );
  return here!.every((word, i) => word === there![i]);
}

/** How many values are neither 0 nor at least 2^-126. */
export function subnormals(values: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0 && Math.abs(values[i]!) < 2 ** -126) count++;
  return count;
}

/** Values as float32, so that kernel and reference get the same. */
export function rounded(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(Float32Array.from(values));
}
