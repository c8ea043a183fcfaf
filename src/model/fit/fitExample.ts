import type { SequenceLike } from '../../data/pad.ts';

/**
 * A part of an example: a sequence (indices [T]; features [T·size], or [T, F] with a shape), a vector, or a single index or
 * number.
 */
export type ExampleValue = number | SequenceLike;

/** An example: an input and its target; by name if the model's inputs or outputs are. */
export interface FitExample {
  /** Input. */
  readonly x: ExampleValue | Readonly<Record<string, ExampleValue>>;
  /** Target: a class index, or a sequence with the steps of the output. */
  readonly y: ExampleValue | Readonly<Record<string, ExampleValue>>;
}
