import { options } from '../../check.ts';
import { needFeatures, needIndices } from './classes.ts';
import { type Metric, meanOver } from './metric.ts';

/** Mean absolute error over all elements. */
export function mae(opts?: Readonly<Record<string, never>>): Metric {
  options('mae', opts, {});
  return meanOver('mae', 'min', (output, target, row, rows) => {
    needFeatures('mae', target, rows);
    const { size } = rows;
    let sum = 0;
    for (let j = row * size; j < (row + 1) * size; j++) sum += Math.abs(output[j]! - target[j]!);
    return sum / size;
  });
}

/** Root of the mean squared error over all elements. */
export function rmse(opts?: Readonly<Record<string, never>>): Metric {
  options('rmse', opts, {});
  const squares = (output: Float32Array, target: ArrayLike<number>, row: number, size: number) => {
    let sum = 0;
    for (let j = row * size; j < (row + 1) * size; j++) sum += (output[j]! - target[j]!) ** 2;
    return sum / size;
  };
  return meanOver(
    'rmse',
    'min',
    (output, target, row, rows) => {
      needFeatures('rmse', target, rows);
      return squares(output, target, row, rows.size);
    },
    Math.sqrt,
  );
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
