import { integer, options } from '../../check.ts';
import { largest, needFeatures, needIndices } from './classes.ts';
import { type Metric, meanOver } from './metric.ts';

/**
 * Share of rows whose largest output is that of the target. For targets that are 0 or 1, as of `bceWithLogits`: share of
 * outputs that are above 0 exactly if the target is 1.
 */
export function accuracy(opts?: Readonly<Record<string, never>>): Metric {
  options('accuracy', opts, {});
  return meanOver('accuracy', 'max', (output, target, row, rows) => {
    const { size, targets } = rows;
    if (targets === 'indices') return largest(output, row, size) === target[row] ? 1 : 0;
    needFeatures('accuracy', target, rows);
    let right = 0;
    for (let j = row * size; j < (row + 1) * size; j++) {
      if (output[j]! > 0 === target[j]! > 0.5) right++;
    }
    return right / size;
  });
}

/**
 * Share of rows whose target is among the k largest outputs; of equal outputs, those of lower index come first. NaN is above
 * all others, and a target of NaN below them.
 * @throws {ArgumentError} if k is below 1
 */
export function topK(opts?: { readonly k?: number | undefined }): Metric {
  const { k = 5 } = options('topK', opts, { k: true });
  integer('k', k, 1);
  return meanOver(`top${k}`, 'max', (output, target, row, rows) => {
    needIndices('topK', rows);
    const first = row * rows.size;
    const own = target[row]!;
    let above = 0;
    for (let j = 0; j < rows.size; j++) {
      const [other, mine] = [output[first + j]!, output[first + own]!];
      if (j !== own && !(other < mine || (other === mine && j > own))) above++;
    }
    return above < k ? 1 : 0;
  });
}
