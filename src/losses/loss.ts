import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';

/** What a loss reads and writes: pointers, gradient 0 to leave it out. */
export interface LossArguments {
  /** Rows at hand. */
  readonly rows: number;
  /** Outputs a row. */
  readonly size: number;
  readonly output: number;
  readonly targets: number;
  readonly gradient: number;
  /** What the mean is over: `count` of all rows of an update, of which these may be a part. */
  readonly count: number;
}

/** A scalar that training lowers: a mean, with its gradient by the model's output. */
export interface Loss {
  /** Such as `crossEntropy`. */
  readonly name: string;
  /** Indices [T, B], or features shaped as the output. */
  readonly targets: 'indices' | 'features';
  /** The target that counts nothing, where targets are indices. */
  readonly ignoreIndex: number;
  /** What the mean of so many rows is over. targets: indices from number `first` on, where they are indices. @internal */
  count(rows: number, size: number, targets: ArrayLike<number>, first: number): number;
  /** The sum over these rows; the gradient is that of the mean. @internal */
  run(kernels: KernelCalls, args: LossArguments): number;
}
