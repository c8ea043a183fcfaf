import * as u from 'unrolled';
import { type NodeWorker, WorkerTrainer, type WorkerTrainerOptions } from 'unrolled/worker';
import { Draw } from '../model/helpers.ts';

export const [V, T, B] = [7, 5, 3];

interface Threads {
  readonly Worker: new (url: URL, options?: { eval?: boolean }) => NodeWorker;
}
const { process } = globalThis as unknown as { process?: { getBuiltinModule?(name: string): Threads } };
const threads = typeof Worker === 'function' ? undefined : process?.getBuiltinModule?.('node:worker_threads');
export const inNode = threads !== undefined;

/** A worker of own.mjs. */
export function ownWorker(): Worker | NodeWorker {
  if (threads) return new threads.Worker(new URL('./own.mjs', import.meta.url));
  // bundlers find this expression only
  return new Worker(new URL('./own.mjs', import.meta.url), { type: 'module' });
}

/** A worker of exposed.mjs. */
export function exposedWorker(): Worker | NodeWorker {
  if (threads) return new threads.Worker(new URL('./exposed.mjs', import.meta.url));
  return new Worker(new URL('./exposed.mjs', import.meta.url), { type: 'module' });
}

/** A worker whose script is not there. */
export function missingWorker(): Worker | NodeWorker {
  const url = new URL('/no/such/worker.mjs', import.meta.url);
  return threads ? new threads.Worker(url) : new Worker(url, { type: 'module' });
}

/** A character model with dropout, whose generator must come along. */
export async function language(seed = 1): Promise<u.Sequential> {
  await u.init({ kernels: 'simd' });
  const layers = [
    new u.Embedding(V, 4),
    new u.Dropout(0.3),
    new u.LSTM(4, 6),
    new u.GRU(6, 5),
    new u.Linear(5, V),
  ];
  return new u.Sequential(layers, { seed });
}

/** The same training as data, and inline. */
export const described: WorkerTrainerOptions = {
  loss: 'crossEntropy',
  optimizer: { name: 'adamw', lr: 0.01 },
  schedule: { name: 'warmup', steps: 3, after: { name: 'stepLR', stepSize: 4, gamma: 0.5 } },
  clipNorm: 0.5,
  carryState: true,
  kernels: 'simd',
};

export async function inline(seed = 1): Promise<u.Trainer> {
  return new u.Trainer(await language(seed), {
    loss: u.crossEntropy,
    optimizer: new u.AdamW({ lr: 0.01 }),
    schedule: u.warmup({ steps: 3, after: (step) => 0.5 ** Math.floor(step / 4) }),
    clipNorm: 0.5,
    carryState: true,
  });
}

export async function hosted(
  seed = 1,
  how?: Parameters<typeof WorkerTrainer.create>[2],
): Promise<WorkerTrainer> {
  return WorkerTrainer.create(await language(seed), described, how);
}

/** Batch number i, always the same. */
export function batch(i: number): {
  x: u.NDArray<Int32Array<ArrayBuffer>>;
  y: u.NDArray<Int32Array<ArrayBuffer>>;
} {
  const draw = new Draw(100 + i);
  return { x: draw.indices(V, T, B), y: draw.indices(V, T, B) };
}

/** Updates first..last−1 of a run, each on a batch of its own. */
export async function run(
  trainer: { step(x: u.NDArray<Int32Array>, y: u.NDArray<Int32Array>): u.StepResult | Promise<u.StepResult> },
  first: number,
  last: number,
): Promise<u.StepResult[]> {
  const results: u.StepResult[] = [];
  for (let i = first; i < last; i++) {
    const { x, y } = batch(i);
    results.push(await trainer.step(x, y));
  }
  return results;
}

/** A text of so many indices. */
export function text(length: number): Int32Array<ArrayBuffer> {
  return new Draw(7).indices(V, length).data;
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { argument?: string }> {
  return promise.then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error) => error,
  );
}

/** Settles as the promise does, or rejects after some time: a test that hangs says where. */
export function soon<T>(promise: Promise<T>, ms = 100_000): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`nothing within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]);
}
