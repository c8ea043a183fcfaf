import { floats } from '../../allocate.ts';
import { number, options } from '../../check.ts';
import { ShapeError } from '../../errors.ts';
import { requireKernel } from '../../wasm/runtime.ts';
import { bceWithLogits as unweighted } from '../bceWithLogits.ts';
import type { Loss } from '../loss.ts';
import { readWeights } from '../readWeights.ts';

/** Options of `bceWithLogits`. */
export interface BCEWithLogitsOptions {
  /** Weight of positive targets: a number, or one per output. Default 1. */
  readonly posWeight?: number | ArrayLike<number> | undefined;
}

/**
 * Binary cross-entropy of σ(output) and targets in 0..1, averaged over all elements, as torch.nn.BCEWithLogitsLoss. With
 * posWeight p: −p·y·ln σ(x) − (1 − y)·ln(1 − σ(x)); the divisor stays the number of elements.
 *
 * @throws {ArgumentError} if an option is unknown, or a weight is negative or not finite
 */
export function bceWithLogits(opts?: BCEWithLogitsOptions): Loss {
  const { posWeight } = options('bceWithLogits', opts, { posWeight: true });
  if (posWeight === undefined) return unweighted();
  const weights = typeof posWeight === 'object' ? readWeights('posWeight', posWeight) : undefined;
  const weight = weights ? 1 : number('posWeight', posWeight, 0);
  return {
    ...unweighted(),
    constants(size) {
      if (!weights) return floats(size).fill(weight);
      if (weights.length === size) return weights;
      throw new ShapeError('posWeight', `[${size}], one per output`, `${weights.length} numbers`);
    },
    run(kernels, { rows, size, output, targets, gradient, count, constants = 0 }) {
      requireKernel(kernels, 'weighted_bce_with_logits');
      return kernels.weighted_bce_with_logits(rows, size, output, targets, constants, 1 / count, gradient);
    },
  };
}
