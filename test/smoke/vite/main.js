import * as unrolled from 'unrolled';
import { train } from './train.mjs';

async function inWorker() {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
  });
}

globalThis.smoke = Promise.all([train(unrolled), inWorker()]);
