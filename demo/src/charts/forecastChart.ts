import type { Series } from '../data/series.ts';
import type { Outlook } from '../tabs/series/outlook.ts';
import { axis, still } from './axes.ts';
import { Plot } from './plot.ts';
import { colour } from './theme.ts';

/** What was observed, what is forecast from an origin on, and the band around it. */
export class ForecastChart {
  readonly root: HTMLElement;
  readonly #plot = new Plot('What was observed, and the forecast with its band', 300, () => ({
    ...still,
    scales: { x: { time: true } },
    axes: [axis({ size: 40 }), axis({ size: 52 })],
    series: [
      {},
      { stroke: colour('ink'), width: 1.25, points: { show: false } },
      { stroke: colour('accent'), width: 2, points: { show: false } },
      { stroke: colour('accent'), width: 0, points: { show: false } },
      { stroke: colour('accent'), width: 0, points: { show: false } },
    ],
    bands: [{ series: [3, 4], fill: `${long(colour('accent'))}33` }],
  }));

  constructor() {
    this.root = this.#plot.root;
  }

  /** The forecast takes the right third. */
  draw({ times, values, source: { horizon } }: Series, outlook?: Outlook): void {
    const origin = outlook?.origin ?? values.length - 1 - horizon;
    const from = Math.max(0, origin - 2 * horizon);
    const to = Math.min(values.length, origin + horizon + 1);
    const part = (told: readonly number[] | undefined) =>
      Array.from({ length: to - from }, (_, i) => {
        const at = from + i;
        return at === origin ? values[at]! : (told?.[at - origin - 1] ?? null);
      });
    this.#plot.set([
      times.slice(from, to),
      values.slice(from, to),
      outlook ? part(outlook.forecast) : part([]),
      part(outlook?.high),
      part(outlook?.low),
    ]);
  }
}

/** #rrggbb, of #rgb too. */
const long = (hex: string) => (hex.length === 4 ? hex.replace(/[^#]/g, '$&$&') : hex);
