import { options } from '../check.ts';
import type { Loss } from './loss.ts';

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
