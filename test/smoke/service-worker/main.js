async function answer(script, scope, type) {
  const registration = await navigator.serviceWorker.register(script, { scope, type });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  const { port1, port2 } = new MessageChannel();
  const said = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage('train', [port2]);
  return said;
}

globalThis.smoke = Promise.all([
  answer('/slim.js', '/slim/', 'module'),
  answer('/bundled.js', '/bundled/', 'classic'),
]);
