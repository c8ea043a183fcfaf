import { type Grown, wordsUpTo } from './grown.ts';
import type { Job, Numbers } from './jobs.ts';

/** The states of a kernel before it ran, so that it can be run again. */
export class Kept {
  #room = new Int32Array(0);
  /** Where they are, by the first `count`. */
  readonly #places: number[] = [];
  #count = 0;
  #length = 0;

  /** Copies them from a memory. Returns whether that is all it takes to run the kernel again. Makes no garbage. */
  keep(from: Grown, job: Job, of: Numbers, at: number): boolean {
    const states = job.states(of, at);
    this.#count = states?.length ?? 0;
    if (!states) return false;
    this.#length = job.stateSize(of, at);
    if (this.#room.length < this.#count * this.#length)
      this.#room = new Int32Array(this.#count * this.#length);
    let to = 0;
    for (let i = 0; i < this.#count; i++) {
      const place = of[at + states[i]!]! / 4;
      this.#places[i] = place;
      const words = wordsUpTo(place + this.#length, from);
      for (let j = 0; j < this.#length; j++) this.#room[to++] = words[place + j]!;
    }
    return true;
  }

  /** Puts them back. */
  restore({ words }: Grown): void {
    for (let i = 0; i < this.#count; i++) {
      words.set(this.#room.subarray(i * this.#length, (i + 1) * this.#length), this.#places[i]);
    }
  }
}
