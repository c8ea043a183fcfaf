import co2 from '../../node_modules/vega-datasets/data/co2-concentration.csv?url';
import weather from '../../node_modules/vega-datasets/data/seattle-weather.csv?url';
import shares from '../../node_modules/vega-datasets/data/sp500-2000.csv?url';
import { column } from './csv.ts';
import { fetchText } from './fetchText.ts';

interface Source {
  readonly label: string;
  readonly unit: string;
  readonly file: string;
  readonly columns: readonly [date: string, value: string];
  /** Whether the model sees changes rather than levels: of a series that grows. */
  readonly changes: boolean;
  /** Steps that are forecast. */
  readonly horizon: number;
  /** What they are. */
  readonly step: string;
}

/** Real series, as vega-datasets has them. */
export const sources: Readonly<Record<string, Source>> = {
  co2: {
    label: 'CO₂ at Mauna Loa, monthly',
    unit: 'ppm',
    file: co2,
    columns: ['Date', 'CO2'],
    changes: true,
    horizon: 36,
    step: 'months',
  },
  seattle: {
    label: 'Highest temperature in Seattle, daily',
    unit: '°C',
    file: weather,
    columns: ['date', 'temp_max'],
    changes: false,
    horizon: 45,
    step: 'days',
  },
  shares: {
    label: 'S&P 500, daily',
    unit: 'points',
    file: shares,
    columns: ['date', 'close'],
    changes: true,
    horizon: 60,
    step: 'trading days',
  },
};

const YEAR_SECONDS = 365.2425 * 86_400;

/** A series, and what a model sees of it: plain data, which a worker takes. */
export interface Series {
  readonly source: Source;
  /** Seconds since 1970. */
  readonly times: number[];
  readonly values: number[];
  /** Values or changes, with mean 0 and deviation 1 over the part that is trained on. */
  readonly seen: Float32Array<ArrayBuffer>;
  readonly mean: number;
  readonly deviation: number;
  /** [n, 2]: sine and cosine of the time of the year. */
  readonly season: Float32Array<ArrayBuffer>;
  /** Trained on up to the first, tested from the second on. */
  readonly cuts: readonly [number, number];
}

/** @throws {NotLoaded} */
export async function loadSeries(name: string): Promise<Series> {
  const source = sources[name]!;
  const text = await fetchText(source.file);
  const [date, value] = source.columns;
  const times = column(text, date).map((day) => Date.parse(`${day}T00:00:00Z`) / 1000);
  const values = column(text, value).map(Number);
  const n = values.length;
  const cuts = [Math.floor(0.8 * n), Math.floor(0.9 * n)] as const;
  const raw = values.map((now, i) => (source.changes ? now - (values[i - 1] ?? now) : now));
  const known = raw.slice(1, cuts[0]);
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, x) => sum + (x - mean) ** 2, 0) / known.length);
  return {
    ...{ source, times, values, cuts, mean, deviation },
    seen: Float32Array.from(raw, (x) => (x - mean) / deviation),
    season: Float32Array.from({ length: 2 * n }, (_, i) => {
      const angle = (2 * Math.PI * times[i >> 1]!) / YEAR_SECONDS;
      return i % 2 ? Math.cos(angle) : Math.sin(angle);
    }),
  };
}
