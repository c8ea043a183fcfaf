// 2 threads over 1: each shape in turns, medians of times, on a quiet machine; next to what the cores give at all: two models, each with a
// thread and a memory of its own, that run at once, over one. Then again while another thread keeps a
// core busy. `node bench/threads.mjs [threads] [PATTERN OF NAMES]`; under 4 minutes.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import * as u from '../dist/index.js';

const threads = Number(process.argv[2] ?? 2);
const pattern = new RegExp(process.argv[3] ?? '');
/** Milliseconds per shape and number of threads. */
const EACH_MS = 1500;
const cells = { LSTM: u.LSTM, GRU: u.GRU, RNN: u.RNN };

const values = (length, scale = 1) =>
  Float32Array.from({ length }, (_, i) => ((Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 23 - 1) * scale);

/** The output is averaged, so that the layer is all there is to time. */
function layer(cell, I, H) {
  return new u.Sequential([new cells[cell](I, H), new u.Linear(H, 8)], { seed: 1 });
}

function train(cell, T, B, I, H) {
  return () => {
    const trainer = new u.Trainer(layer(cell, I, H), { loss: u.mse, optimizer: new u.AdamW({ lr: 1e-4 }) });
    const x = { data: values(T * B * I), shape: [T, B, I] };
    const y = { data: values(T * B * 8), shape: [T, B, 8] };
    return () => trainer.step(x, y);
  };
}

function forward(cell, T, B, I, H) {
  return () => {
    const model = layer(cell, I, H);
    const x = { data: values(T * B * I), shape: [T, B, I] };
    return () => model.forward(x);
  };
}

function characters(T, B, V, E, H) {
  return () => {
    const layers = [new u.Embedding(V, E), new u.LSTM(E, H, { numLayers: 2 }), new u.Linear(H, V)];
    const options = { loss: u.crossEntropy, optimizer: new u.AdamW({ lr: 1e-4 }), clipNorm: 1 };
    const trainer = new u.Trainer(new u.Sequential(layers, { seed: 1 }), options);
    const data = Int32Array.from({ length: T * B }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 8) % V);
    return () => trainer.step({ data, shape: [T, B] }, { data, shape: [T, B] });
  };
}

/** By name: what is timed, and the ratio that it is to reach. */
const cases = {};
for (const cell of Object.keys(cells)) {
  for (const B of [32, 64]) cases[`${cell} train T64 B${B} (128,256)`] = [train(cell, 64, B, 128, 256), 1.8];
  cases[`${cell} forward T64 B32 (128,256)`] = [forward(cell, 64, 32, 128, 256), 1.8];
}
for (const [H, least] of [
  [64, 0.97],
  [128, 0.97],
  [256, 1.5],
  [320, 1.65],
  [512, 1.8],
]) {
  cases[`LSTM forward T100 B1 (128,${H})`] = [forward('LSTM', 100, 1, 128, H), least];
}
cases['GRU forward T100 B1 (128,256)'] = [forward('GRU', 100, 1, 128, 256), 0.97];
cases['char-lm T64 B32 (96,64,256) x 2'] = [characters(64, 32, 96, 64, 256), 1.75];
cases['LSTM train T16 B4 (16,32)'] = [train('LSTM', 16, 4, 16, 32), 0.97];

const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];

// What a peer is to do, and what it does: numbers of its state.
const [REST, RUN, END] = [0, 1, 2];

/** Runs a case in this thread whenever it is told to, and counts. */
async function peer({ name, state }) {
  await u.init();
  const step = cases[name][0]();
  for (let i = 0; i < 6; i++) step();
  for (;;) {
    Atomics.store(state, 1, REST);
    Atomics.notify(state, 1);
    Atomics.wait(state, 0, REST);
    if (Atomics.load(state, 0) === END) return;
    Atomics.store(state, 1, RUN);
    Atomics.notify(state, 1);
    while (Atomics.load(state, 0) === RUN) {
      step();
      Atomics.add(state, 2, 1);
    }
  }
}

/** A second model that runs the same case in another thread. */
class Peer {
  #state = new Int32Array(new SharedArrayBuffer(12));
  #worker;

  constructor(name) {
    this.#state[1] = RUN;
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { name, state: this.#state } });
  }

  async ready() {
    while (Atomics.load(this.#state, 1) === RUN) await new Promise((resolve) => setTimeout(resolve, 5));
    return this;
  }

  /** Time per step of both together, while `step` runs `often` times here, in ms. */
  timesOf(step, often) {
    const state = this.#state;
    tell(state, RUN);
    Atomics.wait(state, 1, REST);
    const before = Atomics.load(state, 2);
    const start = performance.now();
    for (let k = 0; k < often; k++) step();
    const ms = performance.now() - start;
    // of the step that is under way about a half is done
    const steps = Atomics.load(state, 2) - before + 0.5 + often;
    tell(state, REST);
    Atomics.wait(state, 1, RUN);
    return ms / steps;
  }

  async end() {
    tell(this.#state, END);
    await this.#worker.terminate();
  }
}

function tell(state, what) {
  Atomics.store(state, 0, what);
  Atomics.notify(state, 0);
}

/** Times by number of threads, and of two models at once, in turns. */
function race(steps, each, other) {
  const times = [...steps, other].map(() => []);
  for (const step of steps) for (let i = 0; i < 6; i++) step();
  const end = performance.now() + each * times.length;
  while (performance.now() < end) {
    steps.forEach((step, i) => {
      // several of one kind: threads stay awake between the calls of one model, not between models
      for (let k = 0; k < 4; k++) {
        const start = performance.now();
        step();
        times[i].push(performance.now() - start);
      }
    });
    if (other) times.at(-1).push(other.timesOf(steps[0], 4));
  }
  return times.map(median);
}

async function made(make) {
  await u.init();
  const one = make();
  await u.init({ threads });
  const several = make();
  // the threads join it
  for (let i = 0; i < 3; i++) {
    several();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return [one, several];
}

async function table(title, names, least, settle) {
  console.log(
    `\n${title}\n| work | 1 thread, ms | ${threads} threads, ms | ratio | at least | two models at once |\n|---|---|---|---|---|---|`,
  );
  for (const name of names.filter((name) => pattern.test(name))) {
    const [make, wanted] = cases[name];
    const steps = await made(make);
    if (settle) race(steps, settle);
    const other = settle ? undefined : await new Peer(name).ready();
    const [one, several, both] = race(steps, EACH_MS, other);
    await other?.end();
    const limit = least ?? wanted;
    const ratio = one / several;
    const cells = [
      name,
      one.toFixed(3),
      several.toFixed(3),
      ratio.toFixed(2),
      `${limit}${ratio < limit ? ' MISSED' : ''}`,
      other ? (one / both).toFixed(2) : '',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

if (isMainThread) await compare();
else await peer(workerData);

async function compare() {
  await table('Both cores free', Object.keys(cases));
  const spin = `
const end = Date.now() + 120000;
while (Date.now() < end);`;
  const busy = new Worker(spin, { eval: true });
  busy.unref();
  const some = Object.keys(cases).filter((name) => /train T64 B32|B1 \(128,256\)/.test(name));
  await table('One core busy with something else, from the second second on', some, 0.85, 1000);
  await busy.terminate();
}
