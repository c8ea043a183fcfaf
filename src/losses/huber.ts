import { number, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { requireKernel } from '../wasm/runtime.ts';
import { featureLoss } from './featureLoss.ts';
import type { Loss } from './loss.ts';

/** Options of `huber`. */
export interface HuberOptions {
  /** Threshold between quadratic and linear loss; above 0. Default 1. */
  readonly delta?: number | undefined;
}

/**
 * Huber loss: d²/2 if |d| <= delta, otherwise delta·(|d| − delta/2), with d = output − target, averaged over all
 * elements, as torch.nn.HuberLoss.
 *
 * @throws {ArgumentError} if an option is unknown or delta is not above 0
 */
export function huber(opts?: HuberOptions): Loss {
  const { delta = 1 } = options('huber', opts, { delta: true });
  number('delta', delta, 0);
  if (Math.fround(delta) === 0) throw new ArgumentError('delta', 'a number above 0', delta);
  return featureLoss('huber', (kernels, elements, { output, targets, gradient, count }) => {
    requireKernel(kernels, 'huber');
    return kernels.huber(elements, output, targets, delta, 1 / count, gradient);
  });
}
