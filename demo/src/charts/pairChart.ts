import uPlot from 'uplot';
import { axis, still } from './axes.ts';
import { Plot } from './plot.ts';
import { colour } from './theme.ts';

/** Points of a curve, [x, y]. */
export type Curve = readonly [readonly number[], readonly number[]];

/** Two curves over one axis: the first one thin, over the second one, which is thick and pale. */
export class PairChart {
  readonly root: HTMLElement;
  readonly #plot: Plot;

  constructor(label: string, unit: string) {
    this.#plot = new Plot(label, 210, () => ({
      ...still,
      scales: { x: { time: false } },
      axes: [
        axis({ size: 30, values: (_, ticks) => ticks.map((tick) => `${tick}${unit}`) }),
        axis({ size: 44 }),
      ],
      series: [
        {},
        { stroke: colour('pale'), width: 5, points: { show: false }, spanGaps: true },
        { stroke: colour('accent'), width: 1.5, points: { show: false }, spanGaps: true },
      ],
    }));
    this.root = this.#plot.root;
  }

  draw(thin: Curve, thick: Curve): void {
    this.#plot.set(uPlot.join([table(thick), table(thin)]));
  }
}

/** Points that are drawn at most. */
const MOST = 400;

function table([x, y]: Curve): uPlot.AlignedData {
  const size = Math.ceil(x.length / MOST);
  const picked = (values: readonly number[]) => values.filter((_, i) => i % size === 0);
  return [picked(x), picked(y)];
}
