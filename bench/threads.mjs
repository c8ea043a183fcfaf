// 2 threads over 1: each shape in turns, medians of times, on a quiet machine. Then again while another thread keeps a
// core busy. `node bench/threads.mjs [threads]`; under 3 minutes.
import { Worker } from 'node:worker_threads';
import * as u from '../dist/index.js';

const threads = Number(process.argv[2] ?? 2);
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

/** Times by number of threads, in turns. */
function race(steps, each) {
  const times = steps.map(() => []);
  for (const step of steps) for (let i = 0; i < 6; i++) step();
  const end = performance.now() + each * steps.length;
  while (performance.now() < end) {
    steps.forEach((step, i) => {
      // several of one kind: threads stay awake between the calls of one model, not between models
      for (let k = 0; k < 4; k++) {
        const start = performance.now();
        step();
        times[i].push(performance.now() - start);
      }
    });
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
    `\n${title}\n| work | 1 thread, ms | ${threads} threads, ms | ratio | at least |\n|---|---|---|---|---|`,
  );
  for (const name of names) {
    const [make, wanted] = cases[name];
    const steps = await made(make);
    if (settle) race(steps, settle);
    const [one, several] = race(steps, EACH_MS);
    const limit = least ?? wanted;
    const ratio = one / several;
    const cells = [
      name,
      one.toFixed(3),
      several.toFixed(3),
      ratio.toFixed(2),
      `${limit}${ratio < limit ? ' MISSED' : ''}`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

await table('Both cores free', Object.keys(cases));
const spin = `
const end = Date.now() + 120000;
while (Date.now() < end);`;
const busy = new Worker(spin, { eval: true });
busy.unref();
const some = Object.keys(cases).filter((name) => /train T64 B32|B1 \(128,256\)/.test(name));
await table('One core busy with something else, from the second second on', some, 0.85, 1000);
await busy.terminate();
