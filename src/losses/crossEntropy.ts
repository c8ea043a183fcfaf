import { isIndex, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { Loss } from './loss.ts';

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** Target value that is ignored. Default −100. */
  readonly ignoreIndex?: number | undefined;
}

/**
 * Cross-entropy −ln softmax(output)[target], averaged over the targets that are not `ignoreIndex`, as
 * torch.nn.CrossEntropyLoss. The output is logits [T, B, classes], targets are indices [T, B].
 *
 * @throws {ArgumentError} if an option is unknown or ignoreIndex is not a 32-bit integer
 */
export function crossEntropy(opts?: CrossEntropyOptions): Loss {
  const { ignoreIndex = -100 } = options('crossEntropy', opts, { ignoreIndex: true });
  if (!isIndex(ignoreIndex)) throw new ArgumentError('ignoreIndex', 'a 32-bit integer', ignoreIndex);
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
