/** A number; one per class; or a matrix. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[];

/** Describes the rows of an update of a metric. */
export interface MetricRows {
  /** N, number of rows. */
  readonly count: number;
  /** Outputs per row. */
  readonly size: number;
  /** Whether targets are one index per row, or features. */
  readonly targets: 'indices' | 'features';
  /** [N] how much each row counts, above 0. Default: 1. */
  readonly weights?: ArrayLike<number> | undefined;
}

/**
 * A metric of outputs and targets. Its rows are the steps that count: without padding, ignored targets, steps of a warm-up
 * and those of weight 0.
 */
export interface Metric {
  /** Its key in results. */
  readonly name: string;
  /** Whether it is to fall or to rise. Default `'min'`. */
  readonly mode?: 'min' | 'max' | undefined;
  /** Forgets all rows. */
  reset(): void;
  /**
   * Takes rows. The arrays are valid only during the call.
   * @param output [N, size], row-major: logits or features, as the model gives them
   * @param target [N] indices, or [N, n] features
   */
  update(output: Float32Array, target: Float32Array | Int32Array, rows: MetricRows): void;
  /** The metric of all rows since `reset`; NaN if there were none. */
  result(): MetricValue;
}

/**
 * A metric as a function: the mean over the rows of a batch. Over several batches it is the mean, weighted by their rows. Its
 * key in results is the function's name, so one without a name is refused: `const mae = (output, target, rows) => …` has one, an
 * arrow function that is written in the list has none.
 */
export type MetricFunction = (
  output: Float32Array,
  target: Float32Array | Int32Array,
  rows: MetricRows,
) => number;

/** A metric that is a function of the weighted mean of a value per row. */
export function meanOver(
  name: string,
  mode: 'min' | 'max',
  value: (output: Float32Array, target: Float32Array | Int32Array, row: number, rows: MetricRows) => number,
  result: (mean: number) => number = (mean) => mean,
): Metric {
  let [sum, weight] = [0, 0];
  return {
    name,
    mode,
    reset() {
      [sum, weight] = [0, 0];
    },
    update(output, target, rows) {
      for (let i = 0; i < rows.count; i++) {
        const w = rows.weights?.[i] ?? 1;
        sum += w * value(output, target, i, rows);
        weight += w;
      }
    },
    result: () => result(sum / weight),
  };
}
