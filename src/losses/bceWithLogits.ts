import { options } from '../check.ts';
import { featureLoss } from './featureLoss.ts';
import type { Loss } from './loss.ts';

/**
 * Binary cross-entropy of σ(output) and targets in 0..1, averaged over all elements, as torch.nn.BCEWithLogitsLoss.
 *
 * @throws {ArgumentError} if options are given: it has none
 */
export function bceWithLogits(opts?: Readonly<Record<string, never>>): Loss {
  options('bceWithLogits', opts, {});
  return featureLoss('bceWithLogits', (kernels, elements, { output, targets, gradient, count }) => {
    return kernels.bce_with_logits(elements, output, targets, 1 / count, gradient);
  });
}
