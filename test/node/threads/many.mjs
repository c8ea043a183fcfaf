// Random calls, kills, aborts and terminations, by a seed: `many.mjs SEED COUNT`. Every result must have the bits that one
// thread gives; at the end no thread may be left, and no memory. Writes what was done.

import { Rule } from '../../../dist/wasm/threads/rule.js';
import { threadPool } from '../../../dist/wasm/threads/withThreads.js';
import { WorkerTrainer } from '../../../dist/worker/index.js';
import { end, inTheCall, u, values, workers } from './pools.mjs';

const [seed, count] = process.argv.slice(2).map(Number);
let state = seed;
/** In 0..below−1. */
function draw(below) {
  state = (Math.imul(state, 0x915f77f5) + 0x6a09e667) | 0;
  return Math.floor((((state ^ (state >>> 15)) >>> 0) / 2 ** 32) * below);
}

Rule.prototype.patience = () => 2;

const [T, I, H] = [5, 5, 16];
/** Rows that threads divide by columns, or in turns. */
const B = seed % 2 ? 4 : 20;
const LAYERS = {
  LSTM: () => new u.LSTM(I, H),
  GRU: () => new u.GRU(I, H),
  RNN: () => new u.RNN(I, H),
  'LSTM of Keras': () => new u.LSTM(I, H, { recurrentActivation: 'hardsigmoid', recurrentDropout: 0.2 }),
};
const CELLS = Object.keys(LAYERS);
const same = (a, b) =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
const options = { loss: 'mse', optimizer: { name: 'adamw', lr: 1e-2 } };
const x = values(1, T, B, I);
const y = values(2, T, B, 2);

const make = (cell) =>
  new u.Trainer(new u.Sequential([LAYERS[cell](), new u.Linear(H, 2)], { seed: 4 }), options);

/** By cell, what one thread gives: outputs and losses from step to step. */
const expected = {};
const STEPS = 12;
await u.init({ kernels: 'simd' });
for (const cell of CELLS) {
  const trainer = make(cell);
  const steps = [];
  for (let i = 0; i <= STEPS; i++) {
    steps.push({ output: trainer.model.forward(x).data, loss: i < STEPS ? trainer.step(x, y).loss : 0 });
  }
  expected[cell] = steps;
}

const done = {};
/** What is under way. */
const models = [];
const pending = new Set();
const refused = /thread ended/;

function check(fine, what) {
  if (!fine) throw new Error(`seed ${seed}: ${what}`);
}

function forward({ cell, trainer }) {
  const { output } = expected[cell][trainer.steps];
  check(same(trainer.model.forward(x).data, output), `forward of ${cell} after ${trainer.steps} steps`);
}

function step(one) {
  const { cell, trainer } = one;
  if (trainer.steps === STEPS) return;
  const { loss } = expected[cell][trainer.steps];
  try {
    check(trainer.step(x, y).loss === loss, `step ${trainer.steps} of ${cell}`);
  } catch (error) {
    if (!refused.test(error.message)) throw error;
    done.refused = (done.refused ?? 0) + 1;
    step(one);
  }
}

/** Goes on while other things happen. */
function later(promise) {
  const settled = promise.finally(() => pending.delete(settled));
  pending.add(settled);
}

async function fit() {
  const trainer = make(CELLS[draw(CELLS.length)]);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), draw(8));
  try {
    await trainer.fit([{ x, y }], { epochs: 30, signal: abort.signal });
  } catch (error) {
    if (!refused.test(error.message) && error.name !== 'AbortError') throw error;
  }
  trainer.model.dispose();
}

/** It may be ended at any time. */
async function inWorker() {
  try {
    await trainInWorker();
  } catch (error) {
    if (error.name !== 'StateError') throw error;
  }
}

async function trainInWorker() {
  const model = make(CELLS[draw(CELLS.length)]).model;
  const trainer = await WorkerTrainer.create(model, { ...options, kernels: 'simd', threads: 1 + draw(3) });
  model.dispose();
  const running = trainer.fit([{ x, y }], { epochs: 1e6 }).catch((error) => {
    if (error.name !== 'StateError') throw error;
  });
  await new Promise((resolve) => setTimeout(resolve, draw(30)));
  await trainer.terminate();
  await running;
}

function endSome(wait) {
  for (const worker of [...workers]) if (draw(2)) end(worker, wait);
}

function add() {
  if (models.length === 8) return;
  const cell = CELLS[draw(CELLS.length)];
  models.push({ cell, trainer: make(cell) });
}

/** By name: how often in 1000, and what. */
const ACTIONS = {
  make: [40, add],
  forward: [420, forward],
  step: [300, step],
  dispose: [35, (one) => models.splice(models.indexOf(one), 1)[0].trainer.model.dispose()],
  kill: [60, () => endSome(false)],
  'kill and wait': [20, () => endSome(true)],
  'kill in a call': [15, () => inTheCall(draw(4), () => endSome(draw(2)))],
  end: [15, () => threadPool()?.end()],
  init: [60, () => u.init({ kernels: 'simd', threads: 1 + draw(4) })],
  fit: [20, () => later(fit())],
  worker: [5, () => pending.size < 3 && later(inWorker())],
  rest: [10, () => new Promise((resolve) => setTimeout(resolve, 20))],
};
/** Names that are still to come: of 1000, each as often as it says, in an order that is drawn. */
let deck = [];
function next() {
  if (deck.length === 0) deck = Object.entries(ACTIONS).flatMap(([name, [often]]) => Array(often).fill(name));
  return deck.splice(draw(deck.length), 1)[0];
}

async function act() {
  const name = models.length ? next() : 'make';
  done[name] = (done[name] ?? 0) + 1;
  await ACTIONS[name][1](models[draw(models.length)]);
}

/** Threads of Node's pool and of the engine are there, too. */
async function allEnded() {
  threadPool()?.end();
  const until = performance.now() + 120_000;
  while (workers.size && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  return workers.size;
}

await u.init({ kernels: 'simd', threads: 3 });
const sizes = [];
for (let i = 0; i < count; i++) {
  await act();
  // messages of threads are heard
  if (draw(3) === 0) await new Promise((resolve) => setImmediate(resolve));
  if ((i + 1) % (count / 10) === 0) {
    await Promise.all(pending);
    gc();
    sizes.push(Math.round(process.memoryUsage().rss / 2 ** 20));
  }
}
for (const { trainer } of models) trainer.model.dispose();
const left = await allEnded();
process.stdout.write(JSON.stringify({ done, sizes, left }));
