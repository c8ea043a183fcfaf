/** Keeps the built page for later, where the browser can: it then works without a network. */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // a page that can't be kept still works
  addEventListener('load', () => void navigator.serviceWorker.register('./sw.js').catch(() => {}));
}
