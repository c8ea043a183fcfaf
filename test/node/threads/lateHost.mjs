// A thread that comes late to its first kernel of a name, as on a loaded machine.
import { workerData } from 'node:worker_threads';

const { kernel, ms } = workerData;
const { Instance } = WebAssembly;
let isLate = true;
WebAssembly.Instance = (...args) => {
  const { exports } = new Instance(...args);
  const run = (...numbers) => {
    if (isLate) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    isLate = false;
    exports[kernel](...numbers);
  };
  return { exports: { ...exports, [kernel]: run } };
};
await import('../../../dist/wasm/threads/host.js');
