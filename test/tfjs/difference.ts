/** Values of a tensor. */
export interface Values {
  readonly shape: number[];
  dataSync(): Float32Array;
  dispose(): void;
}

/** Largest difference relative to max(1, largest value); NaN equals NaN. */
export function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let largest = 1;
  for (let i = 0; i < found.length; i++) {
    const [a, b] = [found[i]!, expected[i]!];
    if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const distance = Math.abs(a - b);
    worst = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(worst, distance);
    largest = Math.max(largest, Math.abs(b));
  }
  return worst / largest;
}
