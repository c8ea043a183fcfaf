import { colour, onTheme } from '../charts/theme.ts';
import { el } from '../ui/el.ts';
import type { Heard } from './chain.ts';

/** Height of a lane, and pixels of a bar of it. */
const LANE = 88;
const BAR = 3;
export const LANES: readonly Heard[] = ['before', 'after'];

/** Two sounds as bars of their peaks, one below the other. */
export class Waves {
  readonly canvas = el('canvas', {
    class: 'waves',
    role: 'img',
    'aria-label': 'The sound before the network and after it',
  });
  /** Peaks 0..1 of each; empty ones are a line. */
  peaks: Readonly<Record<Heard, ArrayLike<number>>> = { before: [], after: [] };
  heard: Heard = 'after';
  /** Part that has been played, 0..1. */
  at: number | undefined;

  constructor() {
    onTheme(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  /** How many bars there is room for. */
  get bars(): number {
    return Math.max(1, Math.floor(this.canvas.clientWidth / BAR));
  }

  draw(): void {
    const { canvas } = this;
    const width = canvas.clientWidth;
    if (!width) return;
    const scale = devicePixelRatio || 1;
    const [w, h] = [Math.round(width * scale), Math.round(2 * LANE * scale)];
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== h) canvas.height = h;
    const g = canvas.getContext('2d')!;
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.clearRect(0, 0, width, 2 * LANE);
    for (const [i, name] of LANES.entries()) {
      g.fillStyle = name === this.heard ? colour('accent') : colour('pale');
      const middle = (i + 0.5) * LANE;
      const peaks = this.peaks[name];
      const count = this.bars;
      for (let k = 0; k < count; k++) {
        const peak = peaks[Math.floor((k * peaks.length) / count)] ?? 0;
        const half = Math.max(0.5, Math.min(1, peak) * (LANE / 2 - 4));
        g.fillRect(k * BAR, middle - half, BAR - 1, 2 * half);
      }
    }
    if (this.at === undefined) return;
    g.fillStyle = colour('warm');
    g.fillRect(Math.round(this.at * width) - 1, 0, 2, 2 * LANE);
  }
}

/** The largest of each of `count` parts. */
export function peaksOf(samples: Float32Array, count: number): Float32Array {
  const size = samples.length / count;
  return Float32Array.from({ length: count }, (_, k) =>
    samples
      .subarray(Math.floor(k * size), Math.floor((k + 1) * size))
      .reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
  );
}
