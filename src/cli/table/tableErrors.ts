import type { Normalizer } from '../../data/normalizer.ts';
import type { Sequential } from '../../index.ts';

/** Errors of a column in its own unit: of the model, and of repeating the row before. */
export interface ColumnErrors {
  /** Mean absolute error. */
  readonly mae: number;
  /** Root of the mean square error. */
  readonly rmse: number;
  /** Root of the mean square error of repeating the row before. */
  readonly repeating: number;
}

/**
 * How a model forecasts each row from all before it, from zero states. `loss` and `repeating` are mean squares of
 * normalized values, as the loss of the training.
 */
export function tableErrors(model: Sequential, normalizer: Normalizer, data: Float64Array) {
  const F = normalizer.offset.length;
  const known = normalizer.apply(data);
  const rows = data.length / F;
  using stream = model.stream();
  const sums = Array.from({ length: F }, () => ({ absolute: 0, square: 0, repeating: 0 }));
  let [loss, repeated] = [0, 0];
  for (let r = 0; r + 1 < rows; r++) {
    const row = known.subarray(r * F, (r + 1) * F);
    const next = stream.step(row);
    for (const [f, sum] of sums.entries()) {
      const error = next[f]! - known[(r + 1) * F + f]!;
      const change = row[f]! - known[(r + 1) * F + f]!;
      const unit = normalizer.scale[f]!;
      loss += error ** 2;
      repeated += change ** 2;
      sum.absolute += Math.abs(error * unit);
      sum.square += (error * unit) ** 2;
      sum.repeating += (change * unit) ** 2;
    }
  }
  const n = rows - 1;
  const byColumn = sums.map(({ absolute, square, repeating }): ColumnErrors => {
    return { mae: absolute / n, rmse: Math.sqrt(square / n), repeating: Math.sqrt(repeating / n) };
  });
  return { loss: loss / (n * F), repeating: repeated / (n * F), byColumn };
}
