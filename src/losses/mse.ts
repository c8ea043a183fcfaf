import { options } from '../check.ts';
import { featureLoss } from './featureLoss.ts';
import type { Loss } from './loss.ts';

/**
 * Mean squared error (output − target)² over all elements, as torch.nn.MSELoss.
 * @throws {ArgumentError} if options are given: it has none
 */
export function mse(opts?: Readonly<Record<string, never>>): Loss {
  options('mse', opts, {});
  return featureLoss('mse', (kernels, elements, { output, targets, gradient, count }) => {
    return kernels.mse(elements, output, targets, 2 / count, gradient);
  });
}
