import type { Trainer } from 'unrolled';

export interface ForecastOptions {
  /** [n]. */
  readonly seen: Float32Array;
  /** [n, 2]. */
  readonly season: Float32Array;
  /** The last steps that are known, one a forecast; the steps forecast lie within the series. */
  readonly origins: readonly number[];
  /** Steps read before a forecast, the origin included. */
  readonly warmUp: number;
  readonly horizon: number;
}

/** Forecasts from many origins side by side, each step from the forecast before it: [origins, horizon]. */
export function forecast(trainer: Trainer, options: ForecastOptions): Float32Array<ArrayBuffer> {
  const { seen, season, origins, warmUp, horizon } = options;
  const batch = origins.length;
  using stream = trainer.model.stream({ batch });
  const input = new Float32Array(3 * batch);
  const out = new Float32Array(batch * horizon);
  let output = new Float32Array(batch) as Float32Array;
  for (let step = 1 - warmUp; step < horizon; step++) {
    for (let b = 0; b < batch; b++) {
      const at = origins[b]! + step;
      input[3 * b] = step > 0 ? output[b]! : seen[at]!;
      input.set(season.subarray(2 * at + 2, 2 * at + 4), 3 * b + 1);
    }
    output = stream.step(input);
    for (let b = 0; b < batch && step >= 0; b++) out[b * horizon + step] = output[b]!;
  }
  return out;
}
