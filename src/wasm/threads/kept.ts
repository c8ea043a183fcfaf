import type { Job, Numbers } from './jobs.ts';

/** A memory, which may have grown since its view was made. */
interface Grown {
  readonly memory: WebAssembly.Memory;
  words: Int32Array;
}

/** The states of a kernel before it ran, so that it can be run again. */
export class Kept {
  #room = new Int32Array(0);
  /** Where they are, by the first `count`. */
  readonly #places: number[] = [];
  #count = 0;
  #length = 0;

  /** Copies them from a memory. Returns whether that is all it takes to run the kernel again. Makes no garbage. */
  keep(from: Grown, job: Job, args: Numbers): boolean {
    const states = job.states(args);
    this.#count = states?.length ?? 0;
    if (!states) return false;
    this.#length = args[1]! * args[3]!;
    if (this.#room.length < this.#count * this.#length)
      this.#room = new Int32Array(this.#count * this.#length);
    let to = 0;
    for (let i = 0; i < this.#count; i++) {
      const place = args[states[i]!]! / 4;
      if (place + this.#length > from.words.length) from.words = new Int32Array(from.memory.buffer);
      this.#places[i] = place;
      for (let j = 0; j < this.#length; j++) this.#room[to++] = from.words[place + j]!;
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
