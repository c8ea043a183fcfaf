import type { MemoryArena } from '../memory/arena.ts';
import { Rows, type Valid } from './rows.ts';

/** The rows of the time axis of an input, which know how many steps there are with those that do not count. */
export class AxisRows extends Rows {
  /** T. */
  whole = 0;

  override arrange(arena: MemoryArena, steps: number, batch: number, valid?: Valid): void {
    this.whole = steps;
    super.arrange(arena, steps, batch, valid);
  }
}

/** Steps of a sequence, with those that do not count. */
export function allStepsOf(rows: Rows): number {
  return rows instanceof AxisRows ? rows.whole : rows.steps;
}
