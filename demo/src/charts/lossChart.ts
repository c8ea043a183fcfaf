import { axis, still } from './axes.ts';
import { Plot } from './plot.ts';
import { colour } from './theme.ts';

/** Loss by update: what was measured, pale, and smoothed over it. */
export class LossChart {
  readonly root: HTMLElement;
  readonly #plot: Plot;

  constructor(label: string) {
    this.#plot = new Plot(`${label}, by update`, 200, () => ({
      ...still,
      scales: { x: { time: false } },
      axes: [axis({ size: 28 }), axis({ size: 44 })],
      series: [
        {},
        { stroke: colour('pale'), width: 1, points: { show: false } },
        { stroke: colour('accent'), width: 2, points: { show: false } },
      ],
    }));
    this.root = this.#plot.root;
  }

  draw(steps: readonly number[], losses: readonly number[]): void {
    this.#plot.set([[...steps], [...losses], smooth(losses)]);
  }
}

/** A running mean over about so many points. */
const OVER = 5;

function smooth(values: readonly number[]): number[] {
  let mean = values[0] ?? 0;
  return values.map((value, i) => {
    mean += (value - mean) / Math.min(i + 1, OVER);
    return mean;
  });
}
