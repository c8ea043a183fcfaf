import { integers } from '../allocate.ts';

/**
 * A text read in B lanes, each from its own place on, evenly spread, one sequence of T characters a step; after the
 * end comes the beginning. So what a step reads depends on its number alone, and states can be carried from step to
 * step.
 */
export class CorpusBatches {
  readonly #tokens: Int32Array;
  readonly #shape: readonly [number, number];
  readonly #x: Int32Array;
  readonly #y: Int32Array;

  /** Precondition: more than one token. */
  constructor(tokens: Int32Array, steps: number, batch: number) {
    this.#tokens = tokens;
    this.#shape = [steps, batch];
    this.#x = integers(steps * batch);
    this.#y = integers(steps * batch);
  }

  /** Input and targets [T, B] of step number `step`, from 0 on; overwritten by the next call. */
  read(step: number) {
    const tokens = this.#tokens;
    const n = tokens.length;
    const [T, B] = this.#shape;
    for (let b = 0; b < B; b++) {
      let at = (Math.floor((b * n) / B) + step * T) % n;
      for (let i = b; i < T * B; i += B) {
        this.#x[i] = tokens[at]!;
        at = at + 1 === n ? 0 : at + 1;
        this.#y[i] = tokens[at]!;
      }
    }
    return { x: { data: this.#x, shape: this.#shape }, y: { data: this.#y, shape: this.#shape } };
  }
}
