import { integers } from '../allocate.ts';
import { arrayKind } from '../arrayKind.ts';
import { integer, type Names, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { NDArray } from '../ndarray.ts';

/** Options of `Lanes`. */
export interface LanesOptions {
  /** T, steps per batch. */
  readonly steps: number;
  /** B, number of lanes. */
  readonly batch: number;
}

/** One batch of `Lanes`. */
export interface LanesBatch {
  /** [T, B] tokens. */
  readonly x: NDArray<Int32Array<ArrayBuffer>>;
  /** [T, B] the token after each. */
  readonly y: NDArray<Int32Array<ArrayBuffer>>;
}

const OPTIONS: Names<LanesOptions> = { steps: true, batch: true };

/**
 * Next-token batches of a long text: B lanes start at evenly spaced positions and read T tokens per batch; after the
 * end comes the beginning. A batch depends only on its number, so states can be carried from batch to batch.
 */
export class Lanes {
  /** Number of batches in which each lane reads its part of the text once. */
  readonly length: number;
  readonly #tokens: Int32Array;
  readonly #shape: readonly [number, number];
  readonly #x: Int32Array<ArrayBuffer>;
  readonly #y: Int32Array<ArrayBuffer>;

  /**
   * @param tokens indices; not copied
   * @throws {ArgumentError} if there are fewer than two tokens, or an option is below 1 or unknown
   */
  constructor(tokens: Int32Array, opts: LanesOptions) {
    const given = options('Lanes', opts, OPTIONS);
    const steps = integer('steps', given.steps, 1);
    const batch = integer('batch', given.batch, 1);
    if (arrayKind(tokens) !== 'Int32Array' || tokens.length < 2)
      throw new ArgumentError('tokens', 'an Int32Array of at least two tokens', tokens);
    this.#tokens = tokens;
    this.#shape = [steps, batch];
    this.#x = integers(steps * batch);
    this.#y = integers(steps * batch);
    this.length = Math.max(1, Math.floor(tokens.length / (steps * batch)));
  }

  /**
   * Input and targets [T, B] of batch number `step`, from 0; overwritten by the next call.
   * @throws {ArgumentError} unless it is an integer of at least 0
   */
  read(step: number): LanesBatch {
    integer('step', step, 0);
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

  /** The first `length` batches, each overwritten by the next. */
  *[Symbol.iterator](): Generator<LanesBatch> {
    for (let i = 0; i < this.length; i++) yield this.read(i);
  }
}
