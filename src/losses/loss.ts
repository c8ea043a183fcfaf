import { ArgumentError, reading } from '../errors.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';

/** Arguments of a loss: pointers; gradient is 0 if not needed. */
export interface LossArguments {
  /** Number of rows. */
  readonly rows: number;
  /** Outputs per row. */
  readonly size: number;
  readonly output: number;
  readonly targets: number;
  readonly gradient: number;
  /** Divisor of the mean: `count` of all rows of an update; these may be a part of them. */
  readonly count: number;
  /** Its constants, if it has any. */
  readonly constants?: number | undefined;
  /** Labels of a single sequence, for a loss of whole rows. */
  readonly labels?: { readonly index: number; readonly length: number; readonly work: number } | undefined;
}

/** A loss: a mean, and its gradient with respect to the model's output. */
export interface Loss {
  /** Name, such as `crossEntropy`. */
  readonly name: string;
  /** Indices [T, B], or features [T, B, n]. */
  readonly targets: 'indices' | 'features';
  /** Target index that is ignored. */
  readonly ignoreIndex: number;
  /** The divisor of the mean of `rows` rows. targets: indices, starting at element `first`. @internal */
  count(rows: number, size: number, targets: ArrayLike<number>, first: number): number;
  /** The loss of a user's own that it was made from. @internal */
  readonly custom?: unknown;
  /** The blank of a loss of whole rows, whose targets are labels without times. @internal */
  readonly blank?: number | undefined;
  /** Numbers per row of targets that are features, for the given number of outputs. Default: the same number. @internal */
  targetSize?(size: number): number;
  /** Numbers that `run` needs in memory, for the given number of outputs. Only in the whole package. @internal */
  constants?(size: number): Float32Array;
  /** Returns the sum over these rows; writes the gradient of the mean. @internal */
  run(kernels: KernelCalls, args: LossArguments): number;
}

/** A loss, or what a function such as `crossEntropy` makes without options. @throws {ArgumentError} if it is neither */
export function lossOf(name: string, given: Loss | (() => Loss)): Loss {
  return reading(name, given, () => {
    const made = typeof given === 'function' ? given() : given;
    if (typeof made?.run === 'function') return made;
    throw new ArgumentError(name, 'a loss such as crossEntropy', given);
  });
}
