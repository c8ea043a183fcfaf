import type uPlot from 'uplot';
import { colour } from './theme.ts';

const FONT = '12px system-ui, sans-serif';

/** An axis in the page's colours. */
export function axis(more: uPlot.Axis = {}): uPlot.Axis {
  const line = { stroke: colour('line'), width: 1 };
  const label = { labelFont: FONT, labelSize: 18, labelGap: 0 };
  return {
    ...{ stroke: colour('soft'), font: FONT, grid: line, ticks: { ...line, size: 4 }, gap: 4 },
    ...label,
    ...more,
  };
}

/** Neither zoom nor a crosshair: fingers scroll the page. The same padding with data as without: nothing moves. */
export const still: Pick<uPlot.Options, 'cursor' | 'legend' | 'padding'> = {
  padding: [17, 20, 0, 0],
  cursor: { show: false },
  legend: { show: false },
};
