import { options } from '../check.ts';
import { requireKernel } from '../wasm/runtime.ts';
import { featureLoss } from './featureLoss.ts';
import type { Loss } from './loss.ts';

/**
 * Mean absolute error |output − target| over all elements, as torch.nn.L1Loss.
 * @throws {ArgumentError} if options are given: it has none
 */
export function mae(opts?: Readonly<Record<string, never>>): Loss {
  options('mae', opts, {});
  return featureLoss('mae', (kernels, elements, { output, targets, gradient, count }) => {
    requireKernel(kernels, 'mae');
    return kernels.mae(elements, output, targets, 1 / count, gradient);
  });
}
