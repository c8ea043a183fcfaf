import type { NDArray } from '../../index.ts';

/**
 * Next-row batches of a table: B lanes start at evenly spaced rows and read T rows per batch; after the last row that has
 * one behind it comes the first. A batch depends only on its number.
 */
export class RowLanes {
  readonly #data: Float32Array;
  readonly #columns: number;
  readonly #steps: number;
  readonly #batch: number;
  readonly #x: NDArray;
  readonly #y: NDArray;

  /** data: [rows, columns], at least two rows. */
  constructor(data: Float32Array, columns: number, steps: number, batch: number) {
    this.#data = data;
    this.#columns = columns;
    this.#steps = steps;
    this.#batch = batch;
    const shape = [steps, batch, columns];
    this.#x = { data: new Float32Array(steps * batch * columns), shape };
    this.#y = { data: new Float32Array(steps * batch * columns), shape };
  }

  /** Rows [T, B, columns] of batch number `step`, from 0, and the rows after them; overwritten by the next call. */
  read(step: number): { x: NDArray; y: NDArray } {
    const [F, T, B] = [this.#columns, this.#steps, this.#batch];
    const rows = this.#data.length / F - 1;
    for (let b = 0; b < B; b++) {
      const start = Math.floor((b * rows) / B) + step * T;
      for (let t = 0; t < T; t++) {
        const from = ((start + t) % rows) * F;
        const to = (t * B + b) * F;
        this.#x.data.set(this.#data.subarray(from, from + F), to);
        this.#y.data.set(this.#data.subarray(from + F, from + 2 * F), to);
      }
    }
    return { x: this.#x, y: this.#y };
  }
}
