import { oneOf, options } from '../../check.ts';
import { ArgumentError } from '../../errors.ts';
import { largest, needFeatures } from './classes.ts';
import type { Metric, MetricRows } from './metric.ts';

/** Weights of rows by class of the target and by predicted class. */
class Counts {
  /** [classes, classes], row-major: target, then prediction. */
  matrix: Float64Array = new Float64Array();
  classes = 0;

  reset(): void {
    this.classes = 0;
  }

  /** @throws {ArgumentError} if the number of classes changes */
  sized(classes: number, length: number): void {
    if (this.classes === 0) this.matrix = new Float64Array(length);
    else if (this.classes !== classes) throw new ArgumentError('output', `${this.classes} classes`, classes);
    this.classes = classes;
  }
}

/**
 * Confusion matrix, as sklearn's: entry [i][j] is the number of rows (or sum of their weights) of class i that were predicted
 * as class j. With one output and targets 0 or 1: of the classes 0 and 1.
 */
export function confusion(opts?: Readonly<Record<string, never>>): Metric {
  options('confusion', opts, {});
  const counts = new Counts();
  return {
    name: 'confusion',
    mode: 'max',
    reset: () => counts.reset(),
    update(output, target, rows) {
      const { size, targets, weights } = rows;
      if (targets === 'features' && size !== 1)
        throw new ArgumentError('metrics', 'one output or targets that are indices for confusion', size);
      const classes = targets === 'features' ? 2 : size;
      counts.sized(classes, classes * classes);
      for (let i = 0; i < rows.count; i++) {
        const [is, said] =
          targets === 'features'
            ? [target[i]! > 0.5 ? 1 : 0, output[i]! > 0 ? 1 : 0]
            : [target[i]!, largest(output, i, size)];
        counts.matrix[is * classes + said]! += weights?.[i] ?? 1;
      }
    },
    result() {
      const { classes, matrix } = counts;
      return Array.from({ length: classes }, (_, i) => [...matrix.subarray(i * classes, (i + 1) * classes)]);
    },
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
  const counts = new Counts();
  let isLabels = false;
  const add = (kind: 0 | 1 | 2, of: number, weight: number) => {
    counts.matrix[of * 3 + kind]! += weight;
  };
  return {
    name: average === 'macro' ? 'f1' : average === 'micro' ? 'f1Micro' : 'f1PerClass',
    mode: 'max',
    reset: () => counts.reset(),
    update(output, target, rows: MetricRows) {
      const { size, targets, weights, count } = rows;
      isLabels = targets === 'features';
      if (isLabels) needFeatures('f1', target, rows);
      counts.sized(size, size * 3);
      for (let i = 0; i < count; i++) {
        const weight = weights?.[i] ?? 1;
        for (let j = 0; isLabels && j < size; j++) {
          const [is, said] = [target[i * size + j]! > 0.5, output[i * size + j]! > 0];
          if (is || said) add(is && said ? 0 : said ? 1 : 2, j, weight);
        }
        if (isLabels) continue;
        const [is, said] = [target[i]!, largest(output, i, size)];
        if (is === said) add(0, is, weight);
        else {
          add(1, said, weight);
          add(2, is, weight);
        }
      }
    },
    result() {
      const classes = Array.from({ length: counts.classes }, (_, c) =>
        counts.matrix.subarray(c * 3, c * 3 + 3),
      );
      const score = ([tp = 0, fp = 0, fn = 0]: ArrayLike<number> & Iterable<number>) =>
        tp + fp + fn > 0 ? (2 * tp) / (2 * tp + fp + fn) : 0;
      if (average === 'none') return classes.map(score);
      if (classes.length === 0) return Number.NaN;
      if (average === 'micro') return score([0, 1, 2].map((k) => classes.reduce((sum, c) => sum + c[k]!, 0)));
      const counted = isLabels ? classes : classes.filter((c) => c.some((n) => n > 0));
      return counted.reduce((sum, c) => sum + score(c), 0) / counted.length;
    },
  };
}
