import type { Heap } from './heap.ts';
import { type Rows, rowsOf } from './rows.ts';

/** Shapes of batches that are kept. */
const MOST = 16;

/** Gives rows of a batch without a mask, and what to call when they are no longer needed. */
export type RowsCache = (B: number, T: number, reverse: boolean) => { rows: Rows; release: () => void };

/** Rows of batches without a mask, by shape. */
export function rowsCache(heap: Heap): RowsCache {
  // the oldest one first
  const entries = new Map<string, { readonly rows: Rows; users: number }>();
  return (B, T, reverse) => {
    const key = `${B} ${T} ${reverse}`;
    let entry = entries.get(key);
    if (!entry) entries.set(key, (entry = { rows: rowsOf(heap, B, T, reverse), users: 0 }));
    entry.users++;
    for (const [old, { rows, users }] of entries) {
      if (entries.size <= MOST) break;
      if (users > 0) continue;
      entries.delete(old);
      rows.release();
    }
    return { rows: entry.rows, release: () => entry.users-- };
  };
}
