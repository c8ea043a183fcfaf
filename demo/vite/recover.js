// A page that an old cache has may ask for files that the server has no more. Where the server has another page than this
// one, what was cached is left and the page is loaded anew: once for each build, and never in a loop.
(() => {
  const KEY = 'unrolled-demo reloaded for';
  let looking = false;

  /** The script of a page, which each build names differently. */
  const scriptOf = (page) => page.querySelector('script[type=module][src]')?.getAttribute('src') ?? '';

  async function recover() {
    if (looking) return;
    looking = true;
    try {
      const here = scriptOf(document);
      const before = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
      if (before.includes(here)) return;
      const response = await fetch('./', { cache: 'reload' });
      if (!response.ok) return;
      const there = scriptOf(new DOMParser().parseFromString(await response.text(), 'text/html'));
      if (!there || there === here) return;
      sessionStorage.setItem(KEY, JSON.stringify([...before, here]));
      await leave();
      location.reload();
    } catch {
      // no network, or no storage to remember it in: the page says what is missing
    } finally {
      looking = false;
    }
  }

  /** Nothing else runs on this page. */
  function say() {
    const words = document.createElement('p');
    words.setAttribute('role', 'alert');
    words.textContent = 'The program of this page can’t be loaded. Reload the page to try again.';
    document.querySelector('main')?.replaceChildren(words);
  }

  /** The service worker of this page, and its caches. */
  async function leave() {
    const registration = await navigator.serviceWorker?.getRegistration();
    if (!registration) return;
    const mine = `unrolled-demo ${registration.scope} `;
    await registration.unregister();
    for (const name of await caches.keys()) if (name.startsWith(mine)) await caches.delete(name);
  }

  addEventListener('vite:preloadError', recover);
  addEventListener('unrolled:missing', recover);
  const element = async ({ target }) => {
    if (!(target instanceof HTMLScriptElement || target instanceof HTMLLinkElement)) return;
    await recover();
    if (target.type === 'module') say();
  };
  addEventListener('error', element, { capture: true });
})();
