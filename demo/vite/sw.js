// Answers from the cache, and keeps what it had to fetch. A new build has another version, and so a cache of its own.
const name = `unrolled-demo ${VERSION}`;

self.addEventListener('install', (event) => {
  const fill = async () => (await caches.open(name)).addAll(FILES);
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  const sweep = async () => {
    for (const old of await caches.keys()) {
      if (old.startsWith('unrolled-demo ') && old !== name) await caches.delete(old);
    }
    await self.clients.claim();
  };
  event.waitUntil(sweep());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(answer(request));
});

async function answer(request) {
  const cache = await caches.open(name);
  const kept = await cache.match(request, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}
