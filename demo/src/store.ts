/** Things kept by name in IndexedDB. Where there is none, as in some private windows, nothing is kept. */
const opened = new Promise<IDBDatabase | undefined>((resolve) => {
  try {
    const request = indexedDB.open('unrolled-demo', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('runs');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(undefined);
  } catch {
    resolve(undefined);
  }
});

export const keep = (name: string, value: unknown) => ask('readwrite', (runs) => runs.put(value, name));
export const kept = (name: string) => ask('readonly', (runs) => runs.get(name));
export const drop = (name: string) => ask('readwrite', (runs) => runs.delete(name));

async function ask(
  mode: IDBTransactionMode,
  request: (runs: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  const database = await opened;
  if (!database) return undefined;
  return new Promise((resolve) => {
    const asked = request(database.transaction('runs', mode).objectStore('runs'));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => resolve(undefined);
  });
}
