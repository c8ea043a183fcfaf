/** This package: public API for layers and training, kernels for products and activations. Runs in browsers too. */
import * as unrolled from '../../dist/index.js';
import { gemmWork, linearWork } from '../../dist/memory/workspace.js';
import { instantiate } from '../../dist/wasm/runtime.js';
import { selectTiles } from '../../dist/wasm/tiles.js';
import { joined, preparedBy, transposed } from '../cases.mjs';
import { namOf, SETTLING } from '../nam.mjs';
import { probe } from '../probe.mjs';

const LAYERS = { rnn: unrolled.RNN, lstm: unrolled.LSTM, gru: unrolled.GRU };
const PAGE = 65_536;

/** @param {{ kernels: 'simd' | 'relaxed', revectorize?: boolean }} options */
export async function open({ kernels, revectorize = false }) {
  const runtime = await unrolled.init({ kernels, revectorize });
  if (revectorize && !runtime.revectorized) throw new Error('no 256-bit code here');
  return { versions: {}, prepare: (c) => prepare(c, runtime), probe: probe(kernels) };
}

const prepare = preparedBy({
  ...{ matmul, map, step, forward, train, 'conv-forward': convForward, 'conv-train': convTrain, amp, charLm },
});

/** Kernels over a memory that holds regions of so many floats each, 64-byte aligned. */
function room({ module, revectorized }, ...lengths) {
  const regions = [];
  let at = PAGE;
  for (const length of lengths) {
    regions.push(at);
    at += Math.ceil(length / 16) * 64;
  }
  const pages = Math.ceil(at / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const f32 = new Float32Array(memory.buffer);
  selectTiles(memory, revectorized);
  return {
    kernels: instantiate(module, memory),
    regions,
    write: (ptr, values) => f32.set(values, ptr / 4),
    read: (ptr, length) => f32.slice(ptr / 4, ptr / 4 + length),
  };
}

function matmul({ shape: { M, N, K }, constant }, { a, b }, runtime) {
  const bytes = constant ? linearWork(N, K) : gemmWork(M, N, K);
  const { kernels, regions, write, read } = room(runtime, M * K, K * N, M * N, bytes / 4);
  const [pa, pb, pc, work] = regions;
  write(pa, a.data);
  write(pb, constant ? transposed(b.data, K, N) : b.data);
  const { linear_forward, sgemm_nn } = kernels;
  if (constant) linear_forward(M, N, K, pa, pb, 0, pc, 0, work);
  const run = constant
    ? () => linear_forward(M, N, K, pa, pb, 0, pc, 1, work)
    : () => sgemm_nn(M, N, K, pa, K, pb, N, 0, pc, N, work);
  return { run, output: () => read(pc, M * N) };
}

function map({ work, shape: { N } }, { x }, runtime) {
  const { kernels, regions, write, read } = room(runtime, N, N);
  const [px, py] = regions;
  write(px, x.data);
  const kernel = kernels[`vec_${work}`];
  return { run: () => kernel(N, px, py), output: () => read(py, N) };
}

function layer({ cell, shape: { I, H } }) {
  return new LAYERS[cell](I, H);
}

function parameters(given, prefix = '') {
  const entries = Object.entries(given).filter(([name]) => /weight|bias/.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [prefix + name, value]));
}

function step(c, given) {
  const model = new unrolled.Sequential([layer(c)]);
  model.loadStateDict(parameters(given, '0.'));
  const stream = model.stream();
  const x = given.x.data;
  let h;
  return {
    run: () => {
      h = stream.step(x);
    },
    output: () => h.slice(),
    dispose: () => model.dispose(),
  };
}

function forward(c, given) {
  const cell = layer(c);
  cell.loadStateDict(parameters(given));
  let y;
  return {
    run: () => {
      y = cell.forward(given.x).output;
    },
    output: () => y.data,
    dispose: () => cell.dispose(),
  };
}

function train(c, given) {
  const cell = layer(c);
  cell.loadStateDict(parameters(given));
  let dx;
  return {
    run: () => {
      cell.forward(given.x, { training: true });
      dx = cell.backward({ output: given.dy }).input;
    },
    output: () => {
      const g = cell.gradients();
      return joined(g.weight_ih_l0.data, g.weight_hh_l0.data, g.bias_ih_l0.data, dx.data);
    },
    dispose: () => cell.dispose(),
  };
}

function convolution({ taps, shape: { I, H } }, given) {
  const layer = new unrolled.Conv1d(I, H, taps, { padding: 'same' });
  layer.loadStateDict(parameters(given));
  return layer;
}

function convForward(c, given) {
  const layer = convolution(c, given);
  let y;
  return {
    run: () => {
      y = layer.forward(given.x);
    },
    output: () => y.data,
    dispose: () => layer.dispose(),
  };
}

function convTrain(c, given) {
  const layer = convolution(c, given);
  let dx;
  return {
    run: () => {
      layer.forward(given.x, { training: true });
      dx = layer.backward(given.dy);
    },
    output: () => {
      const { weight, bias } = layer.gradients();
      return joined(weight.data, bias.data, dx.data);
    },
    dispose: () => layer.dispose(),
  };
}

async function amp(c, given) {
  const { loadAmp } = await import('../../dist/amp/index.js');
  const { T } = c.shape;
  const model = loadAmp(namOf(c, given));
  const stream = model.stream({ block: T });
  for (let i = 0; i < SETTLING; i += T) stream.steps(new Float32Array(T));
  let y;
  return {
    run: () => {
      y = stream.steps(given.x.data);
    },
    output: () => Float32Array.from(y),
    dispose: () => model.dispose(),
  };
}

function charLm({ shape: { I, H }, vocabulary }, given) {
  const model = new unrolled.Sequential([
    new unrolled.Embedding(vocabulary, I),
    new unrolled.LSTM(I, H, { numLayers: 2 }),
    new unrolled.Linear(H, vocabulary),
  ]);
  model.loadStateDict(parameters(given));
  const trainer = new unrolled.Trainer(model, {
    loss: unrolled.crossEntropy,
    optimizer: new unrolled.AdamW({ lr: 1e-3 }),
  });
  let loss;
  return {
    run: () => {
      loss = trainer.step(given.x, given.y).loss;
    },
    output: () => Float32Array.of(loss),
    dispose: () => model.dispose(),
  };
}
