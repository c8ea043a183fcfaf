import { axis, still } from './axes.ts';
import { Plot } from './plot.ts';
import { colour } from './theme.ts';

/** Loss by update: what was measured, pale, and smoothed over it. */
export class LossChart {
  readonly root: HTMLElement;
  readonly #plot: Plot;

  constructor(label: string) {
    this.#plot = new Plot(`${label}, by update`, 218, () => ({
      ...still,
      scales: { x: { time: false } },
      axes: [axis({ size: 28, label: 'update' }), axis({ size: 44, label: 'loss' })],
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

/** Points that a mean is over, one part in so many of all. */
const PART = 20;

/** Means over as many points before as after. */
function smooth(values: readonly number[]): number[] {
  const reach = Math.ceil(values.length / PART / 2);
  const sums = [0];
  for (const value of values) sums.push(sums.at(-1)! + value);
  return values.map((_, i) => {
    const k = Math.min(reach, i, values.length - 1 - i);
    return (sums[i + k + 1]! - sums[i - k]!) / (2 * k + 1);
  });
}
