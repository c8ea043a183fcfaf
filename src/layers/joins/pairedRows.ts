import { integers } from '../../allocate.ts';
import type { LayerScope } from '../../engine/layer.ts';
import type { Rows } from '../../engine/rows.ts';
import type { Region } from '../../memory/layout.ts';

/** A sequence per row of the batch, whose steps are brought together. */
export interface Gathered {
  readonly rows: Rows;
  /** For each gathered row the row of the plan. */
  readonly index: Region;
  /** For each row of the plan the gathered row. */
  readonly back: Region;
}

/**
 * The sequences of two axes, each with its own order of rows, one row of the batch after the other: [query steps of row
 * 0, query steps of row 1, …], and the same for the values.
 */
export class PairedRows {
  readonly query: Gathered;
  readonly value: Gathered;
  /** [B, 2] steps of the query and of the value. */
  readonly sizes: Region;
  readonly #arena;
  /** Position in its rows of each row of the batch. */
  readonly #places: Int32Array;

  constructor(scope: LayerScope, query: Rows, value: Rows) {
    this.#arena = scope.arena;
    const { batch } = scope;
    const gathered = (rows: Rows, what: string): Gathered => {
      const length = rows.steps * batch;
      const index = scope.keep(`rows of ${what} by sequence`, length);
      return { rows, index, back: scope.keep(`sequences of ${what} by row`, length) };
    };
    this.query = gathered(query, 'the query');
    this.value = gathered(value, 'the value');
    this.sizes = scope.keep('steps of query and value', batch, 2);
    this.#places = integers(batch);
  }

  /** Call before a forward pass: writes the indices of the current rows. */
  arrange(): void {
    this.#write(this.query, 0);
    this.#write(this.value, 1);
  }

  #write({ rows, index, back }: Gathered, side: number): void {
    const { i32 } = this.#arena;
    const { batch, order } = rows;
    const places = this.#places;
    for (let r = 0; r < batch; r++) places[order ? order[r]! : r] = r;
    let count = 0;
    for (let b = 0; b < batch; b++) {
      const r = places[b]!;
      const before = count;
      for (let t = 0, first = 0; t < rows.steps; t++) {
        const m = rows.sizes ? i32[rows.sizes / 4 + t]! : batch;
        if (r >= m) break;
        i32[index.ptr / 4 + count] = first + r;
        i32[back.ptr / 4 + first + r] = count++;
        first += m;
      }
      i32[this.sizes.ptr / 4 + 2 * b + side] = count - before;
    }
  }
}
