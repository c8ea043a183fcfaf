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
  /** With lengths: number of steps of each row of the batch. */
  readonly lengths: Int32Array | undefined;
  /** Those that these follow; in the whole package. */
  declare parent?: Rows | undefined;
  /** Called whenever these rows are arranged, such as for rows derived from them. */
  readonly followers: ((arena: MemoryArena) => void)[] = [];
  /** For a single step: the rows that it is the last of. */
  #ends: Rows | undefined;
  readonly #sizes: Region | undefined;
  #reversed: Region | undefined;
  #last: Region | undefined;

  constructor(steps: number, batch: number, sizes: Region | undefined, order?: Int32Array) {
    this.steps = steps;
    this.batch = batch;
    this.count = steps * batch;
    this.rowsWithSteps = batch;
    this.#sizes = sizes;
    if (!sizes) return;
    this.take = integers(steps * batch);
    this.order = order ?? integers(batch);
    this.lengths = integers(batch);
  }

  /** A single step of the same rows in the same order. */
  static ofLast(ends: Rows): Rows {
    const { batch, order } = ends;
    const rows = new Rows(1, batch, undefined);
    rows.#ends = ends;
    if (order) Object.assign(rows, { order, take: order });
    return rows;
  }

  /** Number of rows that count (the first ones); excludes rows of the batch without steps. */
  get countWithSteps(): number {
    return this.#ends?.rowsWithSteps ?? this.count;
  }

  /** Number of steps of each row of any batch, from those of `parent`; T: steps of its time axis. In the whole package. */
  lengthsFrom?(lengths: Int32Array, T: number): Int32Array;

  /** The row permutation that reverses each sequence, which `arrange` writes to the region taken on the first call. */
  reversed(take: () => Region): Region {
    return (this.#reversed ??= take());
  }

  /** The row of the last step of each sequence [B], which `arrange` writes to the region taken on the first call. */
  lastRows(take: () => Region): Region {
    return (this.#last ??= take());
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
    this.arranged(arena);
  }

  /** Writes what is derived from the arrangement. */
  protected arranged(arena: MemoryArena): void {
    if (this.#reversed) this.#writeReversed(arena, this.#reversed);
    if (this.#last) this.#writeLast(arena, this.#last);
    // an iterator would be garbage
    for (let i = 0; i < this.followers.length; i++) this.followers[i]!(arena);
  }

  #sort(arena: MemoryArena, { lengths, mask }: Valid): void {
    const { steps, batch } = this;
    const order = this.order!;
    const take = this.take!;
    const found = this.lengths!;
    // a counting sort, since sort() leaves garbage: `take` is written later
    take.fill(0);
    for (let b = 0; b < batch; b++) {
      let n = lengths?.[b] ?? 0;
      for (let t = 0; t < steps; t++) if (mask?.[t * batch + b]) n++;
      found[b] = n;
      take[steps - n]!++;
    }
    for (let i = 1; i <= steps; i++) take[i]! += take[i - 1]!;
    for (let b = batch; b--; ) order[--take[steps - found[b]!]!] = b;
    this.pack(arena);
    if (!mask) return;
    const sizes = arena.i32;
    const at = this.sizes / 4;
    for (let b = 0; b < batch; b++) {
      const row = order[b]!;
      for (let t = 0, s = 0, first = 0; t < steps; t++) {
        if (!mask[t * batch + row]) continue;
        take[first + b] = t * batch + row;
        first += sizes[at + s++]!;
      }
    }
  }

  /** Moves the rows together: by `lengths`, which must not increase in `order`. */
  protected pack(arena: MemoryArena): void {
    const { batch } = this;
    const order = this.order!;
    const take = this.take!;
    const lengths = this.lengths!;
    const sizes = arena.i32;
    const { ptr } = this.#sizes!;
    const longest = lengths[order[0]!]!;
    let count = 0;
    for (let s = 0, m = batch; s < longest; s++) {
      while (lengths[order[m - 1]!]! <= s) m--;
      sizes[ptr / 4 + s] = m;
      for (let b = 0; b < m; b++) take[count++] = s * batch + order[b]!;
    }
    this.steps = longest;
    this.rowsWithSteps = longest && sizes[ptr / 4]!;
    this.count = count;
    this.sizes = ptr;
  }

  #writeReversed(arena: MemoryArena, { ptr }: Region): void {
    const memory = arena.i32;
    // row b reversed: its last step comes after the rows of all earlier steps
    for (let b = 0; b < this.#sizeAt(memory, 0); b++) {
      let length = 0;
      let end = 0;
      for (let m = 0; (m = this.#sizeAt(memory, length)) > b; length++) end += m;
      for (let s = 0, first = 0; s < length; s++) {
        end -= this.#sizeAt(memory, length - 1 - s);
        memory[ptr / 4 + first + b] = end + b;
        first += this.#sizeAt(memory, s);
      }
    }
  }

  #writeLast(arena: MemoryArena, { ptr }: Region): void {
    const memory = arena.i32;
    for (let t = 0, first = 0; t < this.steps; t++) {
      const m = this.#sizeAt(memory, t);
      for (let b = this.#sizeAt(memory, t + 1); b < m; b++) memory[ptr / 4 + b] = first + b;
      first += m;
    }
  }

  /** Rows of a step; 0 after the last. */
  #sizeAt(memory: Int32Array, t: number): number {
    return t < this.steps ? (this.sizes ? memory[this.sizes / 4 + t]! : this.batch) : 0;
  }
}
