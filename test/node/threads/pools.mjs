// Pools whose threads a program can end from outside, also in the middle of a kernel. Imported before anything starts one.

import { ThreadPool } from '../../../dist/wasm/threads/pool.js';
import { Rule } from '../../../dist/wasm/threads/rule.js';
import { threadPool } from '../../../dist/wasm/threads/withThreads.js';

export * as u from '../../../dist/index.js';

const threads = process.getBuiltinModule('node:worker_threads');

/** Threads that have not ended. */
export const workers = new Set();
/** `{ kernel, ms }`: threads that start from now on come so late to the first call of a kernel. */
let late;
export function comeLate(to) {
  late = to;
}

threads.Worker = class extends threads.Worker {
  constructor(source, options) {
    if (late) super(new URL('./lateHost.mjs', import.meta.url), { workerData: late });
    else super(source, options);
    workers.add(this);
    this.on('exit', () => workers.delete(this));
  }
};

// every kernel that can runs on several threads, however little there is to do
Rule.prototype.times = () => ({ team: 1, single: 2, calls: 9, rest: 1 });
Rule.prototype.chooses = () => true;
// on a busy machine, too
Rule.prototype.patience = () => 1000;

/** How many threads ran the last call. */
export let team = 1;
/** What happens in the middle of a call of several threads, and how many such calls are left before it. */
let inside;
let before = 0;

export function inTheCall(number, what) {
  inside = what;
  before = number;
}

const { run } = ThreadPool.prototype;
ThreadPool.prototype.run = function (shared, ...rest) {
  const { kernels } = shared;
  const join_team = (number, size) => {
    kernels.join_team(number, size);
    if (size === 1 || before-- > 0) return;
    const what = inside;
    inside = undefined;
    what?.();
  };
  if (inside && this.ready(shared) > 1) shared.kernels = { ...kernels, join_team };
  try {
    team = run.call(this, shared, ...rest);
    return team;
  } finally {
    shared.kernels = kernels;
  }
};

/** Ends a worker. wait: it is gone when this returns, unless its event loop has not begun yet, of which Node tells nothing. */
export function end(worker, wait) {
  const look = () => worker.performance.eventLoopUtilization();
  const { idle, active } = look();
  void worker.terminate();
  while (wait && idle + active > 0 && look().idle !== -1);
}

/** Calls `step` until `size` threads have run a call of it, for 100 s at most. Returns whether they have. */
export async function untilJoined(size, step) {
  if (!threadPool()) return false;
  const until = performance.now() + 100_000;
  do {
    team = 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
    step();
  } while (team < size && performance.now() < until);
  return team >= size;
}

/** Values of a sequence. */
export function values(seed, ...shape) {
  const length = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length }, (_, i) => Math.sin(seed + 0.37 * i));
  return { data, shape };
}
