import { oneOf, options } from '../../check.ts';
import { ArgumentError } from '../../errors.ts';
import { largest, needFeatures } from './classes.ts';
import type { Metric, MetricRows } from './metric.ts';

/** Sums of weights, a row per class. */
type Counts = readonly Float64Array[];

/** The counts so far; at first zeros. @throws {ArgumentError} if the number of classes changes */
function sized(counts: Counts, classes: number, width: number): Counts {
  if (counts.length === 0) return Array.from({ length: classes }, () => new Float64Array(width));
  if (counts.length !== classes) throw new ArgumentError('output', `${counts.length} classes`, classes);
  return counts;
}

/**
 * Confusion matrix, as sklearn's: entry [i][j] is the number of rows (or sum of their weights) of class i that were predicted
 * as class j. With one output and targets 0 or 1: of the classes 0 and 1.
 */
export function confusion(opts?: Readonly<Record<string, never>>): Metric {
  options('confusion', opts, {});
  // by class of the target: of each predicted class
  let counts: Counts = [];
  return {
    name: 'confusion',
    mode: 'max',
    reset() {
      counts = [];
    },
    update(output, target, rows) {
      const { size, targets, weights } = rows;
      if (targets === 'features' && size !== 1)
        throw new ArgumentError('metrics', 'one output or targets that are indices for confusion', size);
      const classes = targets === 'features' ? 2 : size;
      counts = sized(counts, classes, classes);
      for (let i = 0; i < rows.count; i++) {
        const [is, said] =
          targets === 'features'
            ? [target[i]! > 0.5 ? 1 : 0, output[i]! > 0 ? 1 : 0]
            : [target[i]!, largest(output, i, size)];
        counts[is]![said]! += weights?.[i] ?? 1;
      }
    },
    result: () => counts.map((row) => [...row]),
  };
}

/** Options of `f1`. */
export interface F1Options {
  /**
   * `'macro'` (default): the mean over the classes that occur as a target or a prediction; `'micro'`: of the counts of all
   * classes together; `'none'`: one per class.
   */
  readonly average?: 'macro' | 'micro' | 'none' | undefined;
}

/**
 * F1 score 2·tp / (2·tp + fp + fn), as sklearn's f1_score; 0 where there is nothing to count. With targets of 0 and 1: one
 * class per output, and all of them in the mean.
 * @throws {ArgumentError} if average is unknown
 */
export function f1(opts?: F1Options): Metric {
  const { average = 'macro' } = options('f1', opts, { average: true });
  oneOf('average', average, ['macro', 'micro', 'none']);
  // by class: true positives, false positives, false negatives
  let counts: Counts = [];
  let isLabels = false;
  const add = (of: number, is: boolean, said: boolean, weight: number) => {
    if (is || said) counts[of]![is && said ? 0 : said ? 1 : 2]! += weight;
  };
  return {
    name: average === 'macro' ? 'f1' : average === 'micro' ? 'f1Micro' : 'f1PerClass',
    mode: 'max',
    reset() {
      counts = [];
    },
    update(output, target, rows: MetricRows) {
      const { size, targets, weights, count } = rows;
      isLabels = targets === 'features';
      if (isLabels) needFeatures('f1', target, rows);
      counts = sized(counts, size, 3);
      for (let i = 0; i < count; i++) {
        const weight = weights?.[i] ?? 1;
        for (let j = 0; isLabels && j < size; j++)
          add(j, target[i * size + j]! > 0.5, output[i * size + j]! > 0, weight);
        if (isLabels) continue;
        const [is, said] = [target[i]!, largest(output, i, size)];
        add(is, true, is === said, weight);
        add(said, false, is !== said, weight);
      }
    },
    result() {
      const score = ([tp = 0, fp = 0, fn = 0]: ArrayLike<number> & Iterable<number>) =>
        tp + fp + fn > 0 ? (2 * tp) / (2 * tp + fp + fn) : 0;
      if (average === 'none') return counts.map(score);
      if (counts.length === 0) return Number.NaN;
      if (average === 'micro') return score([0, 1, 2].map((k) => counts.reduce((sum, c) => sum + c[k]!, 0)));
      const counted = isLabels ? counts : counts.filter((c) => c.some((n) => n > 0));
      return counted.reduce((sum, c) => sum + score(c), 0) / counted.length;
    },
  };
}
