import { integers } from '../allocate.ts';
import type { MemoryArena } from '../memory/arena.ts';
import type { Region } from '../memory/layout.ts';

/** Valid steps: the number of steps of each row [B], or a mask [T, B]. */
export interface Valid {
  readonly lengths?: ArrayLike<number> | undefined;
  readonly mask?: ArrayLike<number | boolean> | undefined;
}

/**
 * The rows of a plan in the order of the kernels. For a full batch: T steps of B rows. With lengths or a mask, the
 * valid steps of each row are moved together and rows are sorted by length, longest first, as in torch's
 * PackedSequence; `take` and `order` are the permutations. Counts are those of the current sequence.
 */
export class Rows {
  steps: number;
  batch: number;
  /** N, rows of all steps. */
  count: number;
  /** Index of the first row in the whole sequence; this may be a part of it. */
  first = 0;
  /** Index of the first row among those that share random numbers. */
  firstDrawn = 0;
  /** Pointer of the number of rows per step [steps]; 0 for `batch` rows at all steps. */
  sizes = 0;
  /** With lengths: row i is row take[i] of all T·B. */
  readonly take: Int32Array | undefined;
  /** With lengths: row b of a state is row order[b] of the batch. */
  readonly order: Int32Array | undefined;
  /** Number of rows with at least one step (the first ones). */
  rowsWithSteps: number;
  readonly #sizes: Region | undefined;
  readonly #lengths: Int32Array | undefined;
  #reversed: Region | undefined;
  #last: Region | undefined;

  constructor(steps: number, batch: number, sizes: Region | undefined) {
    this.steps = steps;
    this.batch = batch;
    this.count = steps * batch;
    this.rowsWithSteps = batch;
    this.#sizes = sizes;
    if (!sizes) return;
    this.take = integers(steps * batch);
    this.order = integers(batch);
    this.#lengths = integers(batch);
  }

  /** A single step of the same rows in the same order. */
  static ofLast({ batch, order }: Rows): Rows {
    const rows = new Rows(1, batch, undefined);
    if (order) Object.assign(rows, { order, take: order });
    return rows;
  }

  /** Makes `arrange` write the row permutation that reverses each sequence. */
  reverse(index: Region): void {
    this.#reversed = index;
  }

  /** Makes `arrange` write the row of the last step of each sequence [B]. */
  findLast(index: Region): void {
    this.#last = index;
  }

  /** Sets T steps of B rows. Only those in `valid` count. */
  arrange(arena: MemoryArena, steps: number, batch: number, valid?: Valid): void {
    this.steps = steps;
    this.batch = batch;
    this.count = steps * batch;
    this.first = 0;
    this.firstDrawn = 0;
    this.rowsWithSteps = batch;
    if (valid) this.#sort(arena, valid);
    if (this.#reversed) this.#writeReversed(arena, this.#reversed);
    if (this.#last) this.#writeLast(arena, this.#last);
  }

  #sort(arena: MemoryArena, { lengths, mask }: Valid): void {
    const { steps, batch } = this;
    const order = this.order!;
    const take = this.take!;
    const found = this.#lengths!;
    found.fill(0);
    for (let b = 0; b < batch; b++) {
      order[b] = b;
      if (lengths) found[b] = lengths[b]!;
      for (let t = 0; mask && t < steps; t++) if (mask[t * batch + b]) found[b]!++;
    }
    order.sort((a, b) => found[b]! - found[a]! || a - b);
    const sizes = arena.i32;
    const at = this.#sizes!.ptr / 4;
    const longest = found[order[0]!]!;
    let count = 0;
    for (let s = 0, m = batch; s < longest; s++) {
      while (found[order[m - 1]!]! <= s) m--;
      sizes[at + s] = m;
      for (let b = 0; b < m; b++) take[count++] = mask ? 0 : s * batch + order[b]!;
    }
    if (mask) {
      for (let b = 0; b < batch; b++) {
        const row = order[b]!;
        for (let t = 0, s = 0, first = 0; t < steps; t++) {
          if (!mask[t * batch + row]) continue;
          take[first + b] = t * batch + row;
          first += sizes[at + s++]!;
        }
      }
    }
    this.steps = longest;
    this.rowsWithSteps = sizes[at]!;
    this.count = count;
    this.sizes = this.#sizes!.ptr;
  }

  #writeReversed(arena: MemoryArena, { ptr }: Region): void {
    const { steps, batch } = this;
    const memory = arena.i32;
    const to = ptr / 4;
    const sizes = this.sizes / 4;
    if (!sizes) {
      for (let t = 0, i = to; t < steps; t++) {
        for (let b = 0; b < batch; b++) memory[i++] = (steps - 1 - t) * batch + b;
      }
      return;
    }
    // row b reversed: its last step comes after the rows of all earlier steps
    for (let b = 0; b < memory[sizes]!; b++) {
      let length = 0;
      let end = 0;
      while (length < steps && memory[sizes + length]! > b) end += memory[sizes + length++]!;
      for (let s = 0, first = 0; s < length; s++) {
        end -= memory[sizes + length - 1 - s]!;
        memory[to + first + b] = end + b;
        first += memory[sizes + s]!;
      }
    }
  }

  #writeLast(arena: MemoryArena, { ptr }: Region): void {
    const { steps, batch } = this;
    const memory = arena.i32;
    const sizes = this.sizes / 4;
    for (let t = 0, first = 0; t < steps; t++) {
      const m = sizes ? memory[sizes + t]! : batch;
      const left = t + 1 === steps ? 0 : sizes ? memory[sizes + t + 1]! : batch;
      for (let b = left; b < m; b++) memory[ptr / 4 + b] = first + b;
      first += m;
    }
  }
}
