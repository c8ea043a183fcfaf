import { Model } from '../model/graph/model.ts';
import type { Sequential } from '../model/sequential.ts';
import type { BatchOptions } from '../model/trainer.ts';
import type { WholeBatch } from '../model/training/partOfBatch.ts';
import type { Range } from './cut.ts';

/**
 * Options of rows none of whose steps is excluded by its value, in a batch where some are: lengths that say so, since rows
 * with lengths are in another order than without.
 */
export function withLengths(
  model: Sequential | Model,
  options: BatchOptions | undefined,
  { axes }: WholeBatch,
  { first, last }: Range,
): BatchOptions | undefined {
  if (!(model instanceof Model) || options?.lengths !== undefined || options?.mask !== undefined)
    return options;
  const isFull = axes.map(
    ({ steps, counts }) => counts?.subarray(first, last).every((n) => n === steps) ?? true,
  );
  const limited = axes.flatMap(({ steps, counts }, a) => (counts?.some((n) => n < steps) ? [a] : []));
  if (!limited.length || isFull.includes(false)) return options;
  const { inputs } = model.graph;
  const lengthsOf = (a: number) => new Float32Array(last - first).fill(axes[a]!.steps);
  const byInput = limited.map((a) => [inputs.find(({ axis }) => axis === a)!.name, lengthsOf(a)] as const);
  return { ...options, lengths: axes.length === 1 ? lengthsOf(0) : Object.fromEntries(byInput) };
}
