import { integer, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
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

/** What `crossEntropy` takes. */
export interface CrossEntropyOptions {
  /** Targets of this value count nothing. Default −100. */
  readonly ignoreIndex?: number | undefined;
}

/**
 * −ln softmax(output)[target], the mean over the targets that are not `ignoreIndex`, as torch.nn.CrossEntropyLoss:
 * the output are logits [T, B, classes], targets are indices [T, B].
 *
 * @throws {ArgumentError} an unknown option, an ignoreIndex that is no 32-bit integer
 */
export function crossEntropy(opts?: CrossEntropyOptions): Loss {
  const { ignoreIndex = -100 } = options('crossEntropy', opts, { ignoreIndex: true });
  integer('ignoreIndex', ignoreIndex, -(2 ** 31));
  if (ignoreIndex >= 2 ** 31) throw new ArgumentError('ignoreIndex', 'a 32-bit integer', ignoreIndex);
  return {
    name: 'crossEntropy',
    targets: 'indices',
    ignoreIndex,
    count(rows, _, targets, first) {
      let count = 0;
      for (let i = first; i < first + rows; i++) if (targets[i] !== ignoreIndex) count++;
      return count;
    },
    run(kernels, { rows, size, output, targets, gradient, count }) {
      return kernels.cross_entropy(rows, size, output, targets, ignoreIndex, 1 / count, gradient);
    },
  };
}

/**
 * (output − target)², the mean over all elements, as torch.nn.MSELoss.
 * @throws {ArgumentError} an option: it has none
 */
export function mse(opts?: Readonly<Record<string, never>>): Loss {
  options('mse', opts, {});
  return {
    name: 'mse',
    targets: 'features',
    ignoreIndex: -1,
    count: (rows, size) => rows * size,
    run(kernels, { rows, size, output, targets, gradient, count }) {
      return kernels.mse(rows * size, output, targets, 2 / count, gradient);
    },
  };
}

/**
 * Binary cross-entropy of σ(output) against targets in 0..1, the mean over all elements, as
 * torch.nn.BCEWithLogitsLoss.
 *
 * @throws {ArgumentError} an option: it has none
 */
export function bceWithLogits(opts?: Readonly<Record<string, never>>): Loss {
  options('bceWithLogits', opts, {});
  return {
    name: 'bceWithLogits',
    targets: 'features',
    ignoreIndex: -1,
    count: (rows, size) => rows * size,
    run(kernels, { rows, size, output, targets, gradient, count }) {
      return kernels.bce_with_logits(rows * size, output, targets, 1 / count, gradient);
    },
  };
}
