const answer = (worker) =>
  new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });

globalThis.smoke = Promise.all([
  answer(new Worker('/module.js', { type: 'module' })),
  answer(new Worker('/classic.js')),
  answer(new Worker('/bundled.js')),
]);
