import { ArgumentError } from '../errors.ts';
import type { MemoryArena } from '../memory/arena.ts';
import type { Layout } from '../memory/layout.ts';
import { Rows } from './rows.ts';

/**
 * Rows of a layer's output with another number of steps than its input. They are in the order of the input's rows; a
 * row of n steps has `stepsFor(n)`, a map that never decreases. The steps of the output are the first ones of each
 * row, also with a mask. Arranged whenever the input's rows are.
 */
export class DerivedRows extends Rows {
  readonly #stepsFor: (steps: number) => number;

  constructor(parent: Rows, stepsFor: (steps: number) => number, layout: Layout) {
    const steps = Math.max(stepsFor(parent.steps), 1);
    const { batch, order } = parent;
    super(steps, batch, order && layout.take('sizes', steps), order);
    this.parent = parent;
    this.#stepsFor = stepsFor;
    parent.followers.push((arena) => this.#follow(arena, parent));
  }

  override lengthsFrom(lengths: Int32Array): Int32Array {
    return lengths.map(this.#stepsFor);
  }

  /** @throws {ArgumentError} if no row has a step */
  #follow(arena: MemoryArena, parent: Rows): void {
    const { batch, lengths } = this;
    const stepsFor = this.#stepsFor;
    this.steps = stepsFor(parent.steps);
    this.count = this.steps * batch;
    if (lengths) {
      for (let b = 0; b < batch; b++) lengths[b] = stepsFor(parent.lengths![b]!);
      this.pack(arena);
    }
    if (this.count === 0)
      throw new ArgumentError('lengths', 'a row with enough steps for one of the output', parent.lengths);
    this.arranged(arena);
  }
}
