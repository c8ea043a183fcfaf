import type { Layout } from '../memory/layout.ts';

/** Memory for values that are not needed at the same time; it has a place once all users are known. */
export interface Slot {
  ptr: number;
  /** Floats. */
  length: number;
}

/** Slots in a list of steps: each step takes slots and releases those that no later step needs. */
export class Slots {
  readonly #all: Slot[] = [];
  /** From the smallest to the largest; of the same length in the order in which they were released. */
  readonly #free: Slot[] = [];

  /** The smallest free slot that fits, otherwise the largest one, enlarged; a new one if none is free. */
  take(length: number): Slot {
    const fits = this.#free[this.#after(length - 1)];
    const [slot] = this.#free.splice(fits ? this.#after(fits.length) - 1 : -1, 1);
    if (slot) {
      slot.length = Math.max(slot.length, length);
      return slot;
    }
    const made = { ptr: 0, length };
    this.#all.push(made);
    return made;
  }

  release(slot: Slot): void {
    this.#free.splice(this.#after(slot.length), 0, slot);
  }

  /** Index of the first free slot that is longer. */
  #after(length: number): number {
    let [low, high] = [0, this.#free.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle]!.length > length) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Gives each slot its place. @throws {MemoryError} beyond 2 GiB */
  place(layout: Layout, what: string): void {
    for (const slot of this.#all) slot.ptr = layout.take(what, slot.length).ptr;
  }
}
