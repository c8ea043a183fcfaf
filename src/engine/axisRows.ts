import type { MemoryArena } from '../memory/arena.ts';
import type { Region } from '../memory/layout.ts';
import { Rows, type Valid } from './rows.ts';

/** The rows of the time axis of an input, which know how many steps there are with those that do not count. */
export class AxisRows extends Rows {
  /** T. */
  whole = 0;
  /** Index of the axis. */
  readonly axis: number;

  constructor(steps: number, batch: number, sizes: Region | undefined, axis: number) {
    super(steps, batch, sizes);
    this.axis = axis;
  }

  override arrange(arena: MemoryArena, steps: number, batch: number, valid?: Valid): void {
    this.whole = steps;
    super.arrange(arena, steps, batch, valid);
  }
}

/** Steps of a sequence, with those that do not count. */
export function allStepsOf(rows: Rows): number {
  return rows instanceof AxisRows ? rows.whole : rows.steps;
}
