import { ArgumentError } from '../../errors.ts';
import type { MetricRows } from './metric.ts';

/** Index of the largest of the outputs of a row; of several, the first. */
export function largest(output: Float32Array, row: number, size: number): number {
  let best = 0;
  for (let j = 1; j < size; j++) if (output[row * size + j]! > output[row * size + best]!) best = j;
  return best;
}

/** @throws {ArgumentError} unless targets are indices */
export function needIndices(name: string, { targets }: MetricRows): void {
  if (targets !== 'indices')
    throw new ArgumentError('metrics', `targets that are indices for ${name}`, targets);
}

/** @throws {ArgumentError} unless targets are features, as many as outputs */
export function needFeatures(
  name: string,
  target: ArrayLike<number>,
  { targets, count, size }: MetricRows,
): void {
  if (targets === 'features' && target.length === count * size) return;
  throw new ArgumentError('metrics', `targets that are features, as many as outputs, for ${name}`, targets);
}
