import type { StepOptions } from '../trainerTypes.ts';
import type { Batch } from './types.ts';

/** The options of the step of a batch, without those of `step` only for a validation. */
export function batchOptions(batch: Batch, others?: StepOptions): StepOptions | undefined {
  const { x: _, y: __, options, ...own } = batch;
  const hasOwn = Object.values(own).some((value) => value !== undefined);
  if (!hasOwn) return options ?? others;
  return { ...(options ?? others), ...own };
}
