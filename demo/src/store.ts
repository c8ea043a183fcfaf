import { type IDBPDatabase, openDB } from 'idb';

/** Runs by name in IndexedDB. Each call settles once its transaction is complete; it rejects where that failed. */

const RUNS = 'runs';
let opened: Promise<IDBPDatabase> | undefined;

async function database(): Promise<IDBPDatabase> {
  opened ??= openDB('unrolled-demo', 1, {
    upgrade: (db) => void db.createObjectStore(RUNS),
    // a later version of the page is about to change it
    blocking: (_, __, event) => {
      (event.target as IDBDatabase).close();
      opened = undefined;
    },
    terminated: () => {
      opened = undefined;
    },
  });
  try {
    return await opened;
  } catch (error) {
    // the next call tries again
    opened = undefined;
    throw error;
  }
}

export async function keep(name: string, value: unknown): Promise<void> {
  await (await database()).put(RUNS, value, name);
}

export async function kept(name: string): Promise<unknown> {
  return (await database()).get(RUNS, name);
}

export async function drop(name: string): Promise<void> {
  await (await database()).delete(RUNS, name);
}

/** Moves what is kept under a name to another, in one transaction; whether there was any. */
export async function rename(from: string, to: string): Promise<boolean> {
  const { store, done } = (await database()).transaction(RUNS, 'readwrite');
  const value = await store.get(from);
  if (value !== undefined) {
    await store.put(value, to);
    await store.delete(from);
  }
  await done;
  return value !== undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  QuotaExceededError: 'there is no room left in the storage of this browser',
  VersionError: 'a later version of this page has changed what is kept in this browser',
  NotFoundError: 'another version of this page has changed what is kept in this browser',
  SecurityError: 'this browser does not let the page keep anything',
  ReferenceError: 'this browser keeps nothing',
};

/** Texts of `reasonOf`. */
export const reasons: readonly string[] = Object.values(REASONS);

/** Why something could not be kept, in words. */
export function reasonOf(error: unknown): string {
  const { name, message } = error as Partial<Error>;
  return REASONS[name ?? ''] ?? message ?? String(error);
}
