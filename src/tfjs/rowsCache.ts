import type { Heap } from './heap.ts';
import { plainRows, type Rows } from './rows.ts';

/** Shapes of batches that are kept. */
const MOST = 16;

interface Entry {
  readonly rows: Rows;
  users: number;
}

/** Rows of batches without a mask, by shape. */
export class RowsCache {
  readonly #heap: Heap;
  /** The one used last at the end. */
  readonly #entries = new Map<string, Entry>();

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Rows, and what to call when they are no longer needed. */
  use(B: number, T: number, reverse: boolean): { rows: Rows; release: () => void } {
    const key = `${B} ${T} ${reverse}`;
    const entry = this.#entries.get(key) ?? { rows: plainRows(this.#heap, B, T, reverse), users: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    this.#evict();
    return { rows: entry.rows, release: () => entry.users-- };
  }

  #evict(): void {
    for (const [key, { rows, users }] of this.#entries) {
      if (this.#entries.size <= MOST) return;
      if (users > 0) continue;
      this.#entries.delete(key);
      rows.release();
    }
  }
}
