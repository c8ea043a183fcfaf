/** Share of what comes that a band is to hold. */
export const SHARE = 0.8;
/** Forecasts that a band is made from, at most. */
const LATEST = 60;

export interface Forecast {
  /** The last step that was known. */
  readonly from: number;
  readonly values: readonly number[];
}

/** On forecasts of what nothing was made from. */
export interface Quality {
  /** Share of the values that the bands hold. */
  readonly held: number;
  /** Mean absolute error. */
  readonly error: number;
  /** That of saying that the last known value stays. */
  readonly naive: number;
}

/**
 * Half the width of the band around a forecast, by how far ahead it looks: the quantile SHARE of what the latest forecasts
 * were off by whose last step was known by then (split conformal prediction, rolling; Papadopoulos et al. 2002).
 */
export function bandAt(origin: number, values: readonly number[], forecasts: readonly Forecast[]): number[] {
  const horizon = forecasts[0]!.values.length;
  const known = forecasts.filter(({ from }) => from + horizon <= origin).slice(-LATEST);
  return Array.from({ length: horizon }, (_, h) =>
    quantile(
      known.map((forecast) => off(forecast, h, values)).sort((a, b) => a - b),
      SHARE,
    ),
  );
}

/** Of forecasts from step `first` on, each with the band it has. */
export function qualityFrom(
  first: number,
  values: readonly number[],
  forecasts: readonly Forecast[],
): Quality {
  const tests = forecasts.filter(({ from }) => from >= first);
  let [held, error, naive, count] = [0, 0, 0, 0];
  for (const test of tests) {
    for (const [h, width] of bandAt(test.from, values, forecasts).entries()) {
      const by = off(test, h, values);
      if (by <= width) held++;
      error += by;
      naive += Math.abs(values[test.from + 1 + h]! - values[test.from]!);
      count++;
    }
  }
  return { held: held / count, error: error / count, naive: naive / count };
}

function off({ from, values: told }: Forecast, h: number, values: readonly number[]): number {
  return Math.abs(values[from + 1 + h]! - told[h]!);
}

/** Of sorted values, between two of them in proportion. */
function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  return sorted[below]! + (sorted[Math.min(below + 1, sorted.length - 1)]! - sorted[below]!) * (at - below);
}
