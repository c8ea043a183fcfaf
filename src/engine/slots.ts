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
  #free: Slot[] = [];

  /** The smallest free slot that fits, otherwise the largest one, enlarged; a new one if none is free. */
  take(length: number): Slot {
    const fits = this.#free.filter((slot) => slot.length >= length).sort((a, b) => a.length - b.length)[0];
    const slot = fits ?? this.#free.sort((a, b) => b.length - a.length)[0];
    if (!slot) {
      const made = { ptr: 0, length };
      this.#all.push(made);
      return made;
    }
    this.#free = this.#free.filter((other) => other !== slot);
    slot.length = Math.max(slot.length, length);
    return slot;
  }

  release(slot: Slot): void {
    this.#free.push(slot);
  }

  /** Gives each slot its place. @throws {MemoryError} beyond 2 GiB */
  place(layout: Layout, what: string): void {
    for (const slot of this.#all) slot.ptr = layout.take(what, slot.length).ptr;
  }
}
