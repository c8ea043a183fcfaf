// node bench/tfjs.mjs [--rounds N] [--only NAME] [--json FILE]: fit and predict of TF.js's recurrent layers with its default
// activations and of the models of its examples (bench/tfjsPrograms.mjs), in one process: by turns on its backends cpu and wasm, then
// by turns with `install` and as the step of our own Trainer on the same layers. CPU time of the process in ms, medians; ratios to
// the faster of TF.js's two. A turn is calls of 40 ms that do not count, since they move the tensors to the backend, then calls of 40
// ms. A backend of TF.js that needs more than 400 ms for one call has one turn; of cpu, which does not get faster, the first counts.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { Adam, GRU, init, LSTM, mse, RNN, Sequential, Trainer } from '../dist/index.js';
import { install } from '../dist/tfjs/index.js';
import { PROGRAMS } from './tfjsPrograms.mjs';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, only: { type: 'string' }, json: { type: 'string' } },
});

const HARD = { recurrentActivation: 'hardsigmoid' };
const OURS = {
  lstm: (I, H) => new LSTM(I, H, HARD),
  gru: (I, H) => new GRU(I, H, { ...HARD, resetAfter: false }),
  simpleRNN: (I, H) => new RNN(I, H),
};

/** Layers by kind and units; the last one gives all steps. */
const CASES = {};
for (const kind of ['lstm', 'gru', 'simpleRNN']) {
  CASES[`${kind} T64 B32 (128, 256)`] = { T: 64, B: 32, I: 128, layers: [[kind, 256]] };
  CASES[`${kind} T100 B1 (64, 64)`] = { T: 100, B: 1, I: 64, layers: [[kind, 64]] };
}
CASES['lstm 50, lstm 30, T30 B32, 5 features'] = {
  ...{ T: 30, B: 32, I: 5 },
  layers: [
    ['lstm', 50],
    ['lstm', 30],
  ],
};

function random(length) {
  return Float32Array.from({ length }, () => Math.random() * 2 - 1);
}

/** A model of layers, and a batch. */
function layered({ T, B, I, layers }) {
  const model = tf.sequential();
  for (const [i, [kind, units]] of layers.entries()) {
    const shape = i === 0 ? { inputShape: [T, I] } : {};
    // not orthogonal, TF.js's default: that takes minutes of the cpu backend, and no step depends on it
    const initial = { recurrentInitializer: 'glorotUniform' };
    model.add(tf.layers[kind]({ units, returnSequences: true, ...initial, ...shape }));
  }
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const H = layers.at(-1)[1];
  return {
    model,
    x: tf.tensor(random(B * T * I), [B, T, I]),
    y: tf.tensor(random(B * T * H), [B, T, H]),
  };
}

/** Examples of TF.js train on batches of 128. */
function program(make) {
  const { model, batch } = make(tf);
  return { model, ...batch(128) };
}

/** Fit and predict of TF.js on a backend, with `install` from cpu. */
function theirs({ model, x, y }, backend) {
  let uninstall;
  return {
    enter: async () => {
      if (backend !== 'install') await tf.setBackend(backend);
      else uninstall ??= await install(tf);
    },
    leave: () => uninstall?.(),
    fit: () => model.trainOnBatch(x, y),
    predict: () => {
      const out = model.predict(x);
      out.dataSync();
      out.dispose();
    },
  };
}

function trainerOf({ T, B, I, layers }) {
  let from = I;
  const made = layers.map(([kind, units]) => {
    const layer = OURS[kind](from, units);
    from = units;
    return layer;
  });
  const model = new Sequential(made, { seed: 1 });
  const trainer = new Trainer(model, { loss: mse, optimizer: new Adam() });
  const x = { data: random(T * B * I), shape: [T, B, I] };
  const y = { data: random(T * B * from), shape: [T, B, from] };
  return {
    enter: () => undefined,
    fit: () => trainer.step(x, y),
    predict: () => model.forward(x),
  };
}

/** Names in the rows. */
const ENGINES = { cpu: 'tfjs-cpu', wasm: 'tfjs-wasm', install: 'tfjs-unrolled', Trainer: 'unrolled' };
const PEERS = ['cpu', 'wasm'];
const TURN_MS = 40;
const SLOW_MS = 400;

/** CPU ms of a call: as many as fit in a turn. */
async function cpuTime(f) {
  const before = process.cpuUsage();
  for (let calls = 1; ; calls++) {
    await f();
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    if (ms >= TURN_MS) return ms / calls;
  }
}

function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
}

const median = (values) => quartiles(values)[1];

const rounds = Number(options.rounds);
const { resolve } = createRequire(import.meta.url);
setWasmPaths(`${dirname(resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/${join('dist', '/')}`);
setThreadsCount(1);
const { kernels } = await init();
const rows = [];
console.log(`Node ${process.versions.node}, kernels ${kernels}, CPU ms, median of ${rounds}`);
/** Measures engines by turns. Those that can't run it, such as embeddings on wasm, are left out. */
async function takeTurns(name, engines, times) {
  const slow = new Set();
  for (let round = 0; round <= rounds; round++) {
    for (const [engine, { enter, fit, predict }] of Object.entries(engines)) {
      if (slow.has(engine) && round > 0) continue;
      await enter();
      try {
        for (const [what, run] of Object.entries({ fit, predict })) {
          const first = await cpuTime(run);
          const isSlow = PEERS.includes(engine) && first > SLOW_MS;
          if (isSlow) slow.add(engine);
          const ms = isSlow && engine === 'cpu' ? first : await cpuTime(run);
          if (round > 0 || slow.has(engine)) ((times[what] ??= {})[engine] ??= []).push(ms);
        }
      } catch (error) {
        console.log(`${name}, ${engine}: ${error.message}`);
        delete engines[engine];
      }
    }
  }
}

/** Measures and prints a case. */
async function measure(name, { cpu, wasm, ...own }) {
  const times = {};
  await takeTurns(name, { cpu, wasm }, times);
  await tf.setBackend('cpu');
  await takeTurns(name, own, times);
  own.install?.leave();
  for (const [what, by] of Object.entries(times)) {
    const ms = Object.fromEntries(Object.entries(by).map(([engine, all]) => [engine, median(all)]));
    const faster = Math.min(...PEERS.filter((engine) => ms[engine]).map((engine) => ms[engine]));
    for (const [engine, all] of Object.entries(by)) {
      const [p25, us, p75] = quartiles(all).map((value) => value * 1000);
      rows.push({ work: `tfjs-${what}`, shape: { model: name }, engine: ENGINES[engine], us, p25, p75 });
    }
    const shown = Object.entries(ms).map(([engine, value]) => `${engine} ${value.toFixed(2)}`);
    const { install: ours, Trainer: bound } = ms;
    const against = bound ? `; ${(ours / bound).toFixed(2)} of the Trainer's time` : '';
    console.log(
      `${name} ${what}: ${shown.join(', ')}\n  ${(faster / ours).toFixed(1)} times with install${against}`,
    );
  }
}

await tf.setBackend('cpu');
const wanted = (name) => !options.only || name.includes(options.only);
const enginesOf = (job) =>
  Object.fromEntries(['cpu', 'wasm', 'install'].map((backend) => [backend, theirs(job, backend)]));
for (const [name, given] of Object.entries(CASES).filter(([name]) => wanted(name))) {
  await measure(name, { ...enginesOf(layered(given)), Trainer: trainerOf(given) });
}
for (const [name, make] of Object.entries(PROGRAMS).filter(([name]) => wanted(name))) {
  await measure(name, enginesOf(program(make)));
}
if (options.json) writeFileSync(options.json, JSON.stringify({ node: process.versions.node, kernels, rows }));
