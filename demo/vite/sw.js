// Answers from the cache of its build, or of the build before, which open pages may still run, with the headers that isolate a
// page, which not every host of static files can send. Caches are those of all
// pages of an origin: their names begin with the folder that this one serves.
const mine = `unrolled-demo ${self.registration.scope} `;
const name = mine + VERSION;

self.addEventListener('install', (event) => {
  const fill = async () => {
    // not from the HTTP cache, where files of the build before may be
    const requests = FILES.map((file) => new Request(file, { cache: 'reload' }));
    await (await caches.open(name)).addAll(requests);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener('activate', (event) => {
  const sweep = async () => {
    for (const old of (await others()).slice(0, -1)) await caches.delete(old);
    await self.clients.claim();
  };
  event.waitUntil(sweep());
});

/** Caches of other builds of this page, the latest one last. */
async function others() {
  return (await caches.keys()).filter((key) => key.startsWith(mine) && key !== name);
}

self.addEventListener('fetch', (event) => {
  const { method, url, cache, mode, destination } = event.request;
  // `reload` asks for what the server has
  if (method !== 'GET' || cache === 'reload' || !url.startsWith(self.registration.scope)) return;
  const response = answer(event);
  // pages and workers need the headers; a response made anew has no URL, so others stay as they are
  event.respondWith(mode === 'navigate' || /worker$/.test(destination) ? response.then(isolated) : response);
});

async function answer(event) {
  const { request } = event;
  // the page is kept by the name of its folder
  const page = request.mode === 'navigate' && new URL(request.url).pathname.replace(/\/index\.html$/, '/');
  for (const cacheName of [name, ...(await others()).reverse()]) {
    const kept = await caches.match(page || request, { cacheName, ignoreVary: true });
    if (kept) return kept;
  }
  const response = await fetch(request);
  // the peers of the benchmark, once they were asked for; not a page that stands for a missing file
  const html = /html/.test(response.headers.get('content-type') ?? '');
  if (response.status === 200 && !html) event.waitUntil(store(request, response.clone()));
  return response;
}

function isolated(response) {
  const { body, status, statusText } = response;
  // a redirection, which the browser follows, or no content
  if ([0, 204, 205, 304].includes(status)) return response;
  const headers = new Headers(response.headers);
  for (const [key, value] of Object.entries(ISOLATION)) headers.set(key, value);
  return new Response(body, { status, statusText, headers });
}

/** Without room, it is fetched again next time. */
async function store(request, response) {
  try {
    await (await caches.open(name)).put(request, response);
  } catch {}
}
