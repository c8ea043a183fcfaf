// What bench/tfjs.mjs measures, in Node and in a page.
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { Adam, GRU, init, LSTM, mse, RNN, Sequential, Trainer } from '../dist/index.js';
import { install } from '../dist/tfjs/index.js';
import { PROGRAMS } from './tfjsPrograms.mjs';

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

/** ms of a call by a clock: as many calls as fit in a turn. */
async function timeOf(f, clock) {
  const before = await clock();
  const end = performance.now() + TURN_MS;
  let calls = 0;
  do {
    await f();
    calls++;
  } while (performance.now() < end);
  return ((await clock()) - before) / calls;
}

function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
}

const median = (values) => quartiles(values)[1];

/** Measures engines by turns. Those that can't run it, such as embeddings on wasm, are left out. */
async function takeTurns(name, engines, times, { rounds, clock }) {
  const slow = new Set();
  for (let round = 0; round <= rounds; round++) {
    for (const [engine, { enter, fit, predict }] of Object.entries(engines)) {
      if (slow.has(engine) && round > 0) continue;
      await enter();
      try {
        for (const [what, run] of Object.entries({ fit, predict })) {
          const first = await timeOf(run, clock);
          const isSlow = PEERS.includes(engine) && first > SLOW_MS;
          if (isSlow) slow.add(engine);
          const ms = isSlow && engine === 'cpu' ? first : await timeOf(run, clock);
          if (round > 0 || slow.has(engine)) ((times[what] ??= {})[engine] ??= []).push(ms);
        }
      } catch (error) {
        console.log(`${name}, ${engine}: ${error.message}`);
        delete engines[engine];
      }
    }
  }
}

/** Measures and prints a case; returns its rows. */
async function measure(name, { cpu, wasm, ...own }, setting) {
  const times = {};
  const rows = [];
  await takeTurns(name, { cpu, wasm }, times, setting);
  await tf.setBackend('cpu');
  await takeTurns(name, own, times, setting);
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
  return rows;
}

const enginesOf = (job) =>
  Object.fromEntries(['cpu', 'wasm', 'install'].map((backend) => [backend, theirs(job, backend)]));

/**
 * Measures the models whose names contain `only` by a clock of CPU time in ms. wasmPath: where TF.js's binaries are.
 * @returns the build of our kernels and a row per model, engine and kind of call
 */
export async function measureModels({ wasmPath, rounds, only = '', clock }) {
  setWasmPaths(wasmPath);
  setThreadsCount(1);
  const { kernels } = await init();
  console.log(`kernels ${kernels}, ms, median of ${rounds}`);
  await tf.setBackend('cpu');
  const setting = { rounds, clock };
  const rows = [];
  const wanted = (cases) => Object.entries(cases).filter(([name]) => name.includes(only));
  for (const [name, given] of wanted(CASES)) {
    const engines = { ...enginesOf(layered(given)), Trainer: trainerOf(given) };
    rows.push(...(await measure(name, engines, setting)));
  }
  for (const [name, make] of wanted(PROGRAMS)) {
    rows.push(...(await measure(name, enginesOf(program(make)), setting)));
  }
  return { kernels, rows };
}
