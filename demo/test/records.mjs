// What the page keeps in the browser, in IndexedDB.

/** Runs statements with `store`, an object store of what is kept, and `asked`, which awaits its requests. */
export const withStore = (page, statements) =>
  page.evaluate(`(async () => {
    const asked = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await asked(indexedDB.open('unrolled-demo'));
    try {
      const store = database.transaction('runs', 'readwrite').objectStore('runs');
      ${statements}
    } finally {
      database.close();
    }
  })()`);

/** Everything that is kept, as text. */
export const records = (page) =>
  withStore(
    page,
    `const [keys, values] = await Promise.all([asked(store.getAllKeys()), asked(store.getAll())]);
    const plain = (_, value) => (value instanceof Uint8Array ? [...value] : value);
    return keys.map((key, i) => ({ key, value: JSON.stringify(values[i], plain) }));`,
  );
