import plot from 'simple-ascii-chart';
import type { Losses } from './losses.ts';

const WIDTH = 60;
const HEIGHT = 12;

/** Draws the loss over the steps as a chart of at most `columns` columns; empty for fewer than two points. */
export function lossCurve(losses: Losses, columns: number): string {
  const chart = chartOf(losses, WIDTH);
  const excess = widthOf(chart) - columns;
  return excess > 0 ? chartOf(losses, Math.max(1, WIDTH - excess)) : chart;
}

function widthOf(chart: string): number {
  return Math.max(...chart.split('\n').map((line) => line.length));
}

function chartOf(losses: Losses, width: number): string {
  const points = thin(losses.curve, width);
  if (points.length < 2) return '';
  const last = points.length - 1;
  const chart = plot(points, {
    width,
    height: HEIGHT,
    customXAxisTicks: [points[0]![0], points[last >> 1]![0], points[last]![0]],
    formatter: (value, { axis }) => (axis === 'y' ? value.toFixed(2) : String(Math.round(value))),
  });
  const lines = chart.split('\n').map((line) => line.trimEnd());
  return lines.filter((line) => line !== '').join('\n');
}

/** Reduces to at most `most` points by averaging equal numbers of neighbours. */
function thin(points: readonly [number, number][], most: number): [number, number][] {
  const per = Math.max(1, Math.ceil(points.length / most));
  const out: [number, number][] = [];
  for (let i = 0; i < points.length; i += per) {
    const part = points.slice(i, i + per);
    const mean = (k: 0 | 1) => part.reduce((sum, point) => sum + point[k], 0) / part.length;
    out.push([mean(0), mean(1)]);
  }
  return out;
}
