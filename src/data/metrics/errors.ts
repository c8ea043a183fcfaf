import { options } from '../../check.ts';
import { needFeatures, needIndices } from './classes.ts';
import { type Metric, meanOver } from './metric.ts';

/** Mean absolute error over all elements. */
export function mae(opts?: Readonly<Record<string, never>>): Metric {
  options('mae', opts, {});
  return meanError('mae', Math.abs);
}

/** Root of the mean squared error over all elements. */
export function rmse(opts?: Readonly<Record<string, never>>): Metric {
  options('rmse', opts, {});
  return meanError('rmse', (error) => error ** 2, Math.sqrt);
}

/** exp of the mean cross-entropy of logits, over the targets that count. */
export function perplexity(opts?: Readonly<Record<string, never>>): Metric {
  options('perplexity', opts, {});
  return meanOver(
    'perplexity',
    'min',
    (output, target, row, rows) => {
      needIndices('perplexity', rows);
      const { size } = rows;
      const first = row * size;
      let most = -Infinity;
      for (let j = first; j < first + size; j++) most = Math.max(most, output[j]!);
      let sum = 0;
      for (let j = first; j < first + size; j++) sum += Math.exp(output[j]! - most);
      return most + Math.log(sum) - output[first + target[row]!]!;
    },
    Math.exp,
  );
}

/** The mean over all outputs of what `of` makes of an error, or what `result` makes of that mean. */
function meanError(name: string, of: (error: number) => number, result?: (mean: number) => number): Metric {
  return meanOver(
    name,
    'min',
    (output, target, row, rows) => {
      needFeatures(name, target, rows);
      const { size } = rows;
      let sum = 0;
      for (let j = row * size; j < (row + 1) * size; j++) sum += of(output[j]! - target[j]!);
      return sum / size;
    },
    result,
  );
}
