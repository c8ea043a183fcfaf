import { train, trainInWorker } from '/train.mjs';
import * as unrolled from '/unrolled/index.js';
import { ThreadPool } from '/unrolled/wasm/threads/pool.js';
import { Rule } from '/unrolled/wasm/threads/rule.js';
import { WorkerTrainer } from '/unrolled/worker/index.js';

// however little there is to do, and however busy the machine
Rule.prototype.times = () => ({ team: 1, single: 2, calls: 9, rest: 1 });
Rule.prototype.chooses = () => true;
Rule.prototype.patience = () => 20;

// threads come late
globalThis.Worker = class extends Worker {
  constructor(url, options) {
    const text = `import '${location.origin}/late.js'; import '${url}';`;
    const late = () => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    super(options.name === 'unrolled-thread' ? late() : url, options);
  }
};

let most = 1;
const { run } = ThreadPool.prototype;
ThreadPool.prototype.run = function (...args) {
  const size = run.apply(this, args);
  most = Math.max(most, size);
  return size;
};

/** Losses by number of threads, and how many threads have run a kernel together. */
async function trained() {
  const result = { isolated: crossOriginIsolated, threads: [], losses: [] };
  for (let threads = 1; threads <= 4; threads++) {
    most = 1;
    // models of their own, until all threads have come
    for (let i = 0; i < 50 && (i === 0 || (most < threads && crossOriginIsolated)); i++) {
      result.losses.push(await train(unrolled, { threads }));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    result.threads.push(most);
  }
  result.losses.push(await trainInWorker(unrolled, WorkerTrainer));
  const { url, redirected } = await fetch('/moved/train.mjs');
  result.answers = [(await fetch('/favicon.ico')).status, redirected, new URL(url).pathname];
  return result;
}

// that one is loaded again, isolated
if (crossOriginIsolated || location.pathname !== '/static.html') globalThis.smoke = trained();
