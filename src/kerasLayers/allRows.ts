import { allStepsOf } from '../engine/axisRows.ts';
import { Rows } from '../engine/rows.ts';
import type { MemoryArena } from '../memory/arena.ts';
import type { Layout } from '../memory/layout.ts';

/** All T steps of each row, in the order of rows with steps that do not count. Arranged whenever those are. */
export class AllRows extends Rows {
  constructor(parent: Rows, layout: Layout) {
    const { steps, batch, order } = parent;
    super(steps, batch, order && layout.take('sizes', steps), order);
    this.parent = parent;
    parent.followers.push((arena) => this.#follow(arena, parent));
  }

  override lengthsFrom(lengths: Int32Array, T: number): Int32Array {
    return lengths.map(() => T);
  }

  #follow(arena: MemoryArena, parent: Rows): void {
    this.steps = allStepsOf(parent);
    this.count = this.steps * this.batch;
    if (this.lengths) {
      this.lengths.fill(this.steps);
      this.pack(arena);
    }
    this.arranged(arena);
  }
}
