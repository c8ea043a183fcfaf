import type { Trainer } from 'unrolled';
import type { Series } from '../../data/series.ts';
import { bandAt, type Quality, qualityFrom } from './band.ts';
import { forecast } from './forecast.ts';

/** Steps read before a forecast. */
const WARM_UP = 64;
/** Forecasts at most that bands are made from and tested on. */
const FORECASTS = 160;

/** A forecast from one origin, and the band around it. */
export interface Outlook extends Quality {
  readonly origin: number;
  readonly forecast: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Origins of forecasts that the part for tests holds. */
export function testOrigins({ cuts, values, source }: Series): readonly [first: number, last: number] {
  return [cuts[1], values.length - 1 - source.horizon];
}

/** With the weights that the trainer has now. */
export function outlook(trainer: Trainer, series: Series, origin: number): Outlook {
  const { seen, season, cuts, values, source } = series;
  const { horizon } = source;
  const [first, last] = testOrigins(series);
  const origins = [origin, ...every(cuts[0], last)];
  const all = forecast(trainer, { seen, season, origins, horizon, warmUp: WARM_UP });
  const [shown, ...others] = origins.map((from, i) => ({
    from,
    values: valuesOf(series, all.subarray(i * horizon, (i + 1) * horizon), from),
  }));
  const told = shown!.values;
  const width = bandAt(origin, values, others);
  return {
    origin,
    forecast: told,
    low: told.map((value, h) => value - width[h]!),
    high: told.map((value, h) => value + width[h]!),
    ...qualityFrom(first, values, others),
  };
}

/** Values of a forecast of what is seen, from the last value known. */
function valuesOf({ source, values, mean, deviation }: Series, seen: Float32Array, origin: number): number[] {
  let level = values[origin]!;
  return Array.from(seen, (x) => {
    const value = x * deviation + mean;
    level = source.changes ? level + value : value;
    return level;
  });
}

/** Whole numbers from the first to the last, evenly spread, as many as there may be forecasts. */
function every(first: number, last: number): number[] {
  const stride = Math.ceil((last - first + 1) / FORECASTS);
  const count = Math.floor((last - first) / stride) + 1;
  return Array.from({ length: count }, (_, i) => last - (count - 1 - i) * stride);
}
