import { number, options } from '../../check.ts';
import { ArgumentError, ShapeError } from '../../errors.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import { type CrossEntropyOptions as CoreOptions, crossEntropy as unweighted } from '../crossEntropy.ts';
import type { Loss } from '../loss.ts';
import { readWeights } from '../readWeights.ts';

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends CoreOptions {
  /** Weight of each class, at least 0. The mean is then divided by the sum of the targets' weights. Default: ones. */
  readonly weight?: ArrayLike<number> | undefined;
  /** Part of the target's probability that is spread over all classes, 0 to 1. Default 0. */
  readonly labelSmoothing?: number | undefined;
}

/**
 * Cross-entropy −ln softmax(output)[target], averaged over the targets that are not `ignoreIndex`, as
 * torch.nn.CrossEntropyLoss; with `weight` it is the weighted mean. The output is logits [T, B, classes], targets are
 * indices [T, B].
 *
 * @throws {ArgumentError} if an option is unknown, ignoreIndex is not a 32-bit integer, a weight is negative or not
 * finite, all weights are 0, or labelSmoothing is outside 0..1
 */
export function crossEntropy(opts?: CrossEntropyOptions): Loss {
  const {
    weight,
    labelSmoothing = 0,
    ignoreIndex,
  } = options('crossEntropy', opts, { weight: true, labelSmoothing: true, ignoreIndex: true });
  const plain = unweighted({ ignoreIndex });
  number('labelSmoothing', labelSmoothing, 0, 1);
  const weights = weight === undefined ? undefined : readWeights('weight', weight);
  if (weights?.every((w) => w === 0))
    throw new ArgumentError('weight', 'at least one weight above 0', weight);
  if (!weights && labelSmoothing === 0) return plain;
  const ignore = plain.ignoreIndex;
  return {
    ...plain,
    ...(weights && {
      constants(size: number) {
        if (weights.length === size) return weights;
        throw new ShapeError('weight', `[${size}], one per class`, `${weights.length} numbers`);
      },
      count(rows: number, _: number, targets: ArrayLike<number>, first: number) {
        let sum = 0;
        for (let i = first; i < first + rows; i++) if (targets[i] !== ignore) sum += weights[targets[i]!]!;
        return sum;
      },
    }),
    run(kernels, { rows, size, output, targets, gradient, count, constants = 0 }) {
      requireKernel(kernels, 'weighted_cross_entropy');
      // biome-ignore format: the order of the kernel's arguments
      return kernels.weighted_cross_entropy(
        rows, size, output, targets, ignore, constants, labelSmoothing, 1 / count, gradient,
      );
    },
  };
}
