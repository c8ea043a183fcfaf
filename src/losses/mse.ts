import { options } from '../check.ts';
import { featureLoss } from './featureLoss.ts';
import type { Loss } from './loss.ts';

/**
 * (output − target)², the mean over all elements, as torch.nn.MSELoss.
 * @throws {ArgumentError} an option: it has none
 */
export function mse(opts?: Readonly<Record<string, never>>): Loss {
  options('mse', opts, {});
  return featureLoss('mse', (kernels, elements, { output, targets, gradient, count }) => {
    return kernels.mse(elements, output, targets, 2 / count, gradient);
  });
}
