import { options } from '../check.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { requireKernel } from '../wasm/runtime.ts';
import type { Loss } from './loss.ts';
import { readWeights } from './readWeights.ts';

/** Options of `pinball`. */
export interface PinballOptions {
  /** Quantiles, each above 0 and below 1. */
  readonly quantiles: ArrayLike<number>;
}

/**
 * Pinball loss for quantile regression (Koenker & Bassett 1978): max(q·e, (q − 1)·e) with e = target − output, averaged
 * over all outputs. The output has `quantiles.length` numbers per feature of the targets, [T, B, features · quantiles]:
 * output f·K + k is quantile k of feature f.
 *
 * @throws {ArgumentError} if quantiles is not a list of numbers between 0 and 1
 */
export function pinball(opts: PinballOptions): Loss {
  const { quantiles } = options('pinball', opts, { quantiles: true });
  const levels = readWeights('quantiles', quantiles);
  const wrong = levels.findIndex((level) => level === 0 || level >= 1);
  if (wrong >= 0)
    throw new ArgumentError(`quantiles[${wrong}]`, 'a number above 0 and below 1', levels[wrong]);
  const k = levels.length;
  return {
    name: 'pinball',
    targets: 'features',
    ignoreIndex: -1,
    targetSize(size) {
      if (size % k === 0) return size / k;
      throw new ShapeError(
        'quantiles',
        `a number that divides the ${size} outputs of the model`,
        `${k} quantiles`,
      );
    },
    constants: () => levels,
    count: (rows, size) => rows * size,
    run(kernels, { rows, size, output, targets, gradient, count, constants = 0 }) {
      requireKernel(kernels, 'pinball');
      return kernels.pinball((rows * size) / k, k, output, targets, constants, 1 / count, gradient);
    },
  };
}
