import type { Heap } from './heap.ts';
import { type Rows, rowsOf } from './rows.ts';

/** Shapes of batches that are kept. */
const MOST = 16;

/** Gives rows of a batch without a mask. Releasing them says that they are no longer needed. */
export type RowsCache = (B: number, T: number, reverse: boolean) => Rows;

/** Rows of batches without a mask, by shape. */
export function rowsCache(heap: Heap): RowsCache {
  // the oldest one first
  const entries = new Map<string, { readonly rows: Rows; users: number; free: () => void }>();
  return (B, T, reverse) => {
    const key = `${B} ${T} ${reverse}`;
    let entry = entries.get(key);
    if (!entry) {
      const { release: free, ...rest } = rowsOf(heap, B, T, reverse);
      const made = { rows: { ...rest, release: () => made.users-- }, users: 0, free };
      entries.set(key, (entry = made));
    }
    entry.users++;
    for (const [old, { users, free }] of entries) {
      if (entries.size <= MOST) break;
      if (users > 0) continue;
      entries.delete(old);
      free();
    }
    return entry.rows;
  };
}
