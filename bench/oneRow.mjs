// Where the time of one row goes: the forward pass of T100 B1, or 100 calls of one step each, as a kernel and as a stream of a model,
// and its parts in turns in the same run: the products with W_hh, the projection of the inputs, the activations; also what a call takes
// that makes no step. Fastest of many short repeats, since parts are compared, so that other work on the machine counts little:
// node bench/oneRow.mjs [simd]. Needs `npm run build`; under a minute.
import { GRU, init, LSTM, Sequential } from '../dist/index.js';
import { runtime } from '../dist/wasm/runtime.js';
import { kernelMemory } from './kernelMemory.mjs';

/** Steps of a sample, and of each call. */
const STEPS = 100;
const CALLS = [100, 1];
const SHAPES = [
  [64, 64],
  [128, 256],
  [256, 512],
];
/** Milliseconds per shape and cell. */
const EACH_MS = 3000;
/** Gates; sigmoids and hyperbolic tangents of a step, in units of H; states. */
const CELLS = {
  lstm: { Layer: LSTM, gates: 4, sigmoids: 3, tanhs: 2, states: 2 },
  gru: { Layer: GRU, gates: 3, sigmoids: 2, tanhs: 1, states: 1 },
};

const [, , kernels = 'auto'] = process.argv;
await init({ kernels });
console.log(`kernels ${runtime().kernels}, Node ${process.version}; µs per step of one row`);
console.log(
  '| cell | steps per call | forward | products with W_hh | projection | activations | rest | a call of no step | stream | parts / forward | parts / stream |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|---|');
for (const cell of Object.keys(CELLS)) for (const [I, H] of SHAPES) for (const T of CALLS) row(cell, I, H, T);

function row(cell, I, H, T) {
  const { Layer, gates, sigmoids, tanhs, states } = CELLS[cell];
  const G = gates * H;
  const { run, f32, room } = kernelMemory();
  const [x, wIh, wHh, bIh, bHh] = [room(T * I), room(G * I), room(G * H), room(G), room(G)];
  const [h, c, y, a] = [room(H), room(H), room(T * H), room(T * 4 * H)];
  // more than each of them needs
  const works = [0, 1, 2].map(() => room(2 * (G + 64) * (I + H) + 65_536));
  // as the stream calls it: without names or arrays that are made per call, which take 0.1 µs
  const kernel = run[`${cell}_forward`];
  // biome-ignore format: the order of the kernel's arguments
  const forward = states === 2
    ? (packed, steps) => kernel(steps, 1, I, H, 0, 0, x, 0, wIh, wHh, bIh, bHh, h, c, y, a, T, packed, works[0])
    : (packed, steps) => kernel(steps, 1, I, H, 0, 0, x, 0, wIh, wHh, bIh, bHh, h, y, a, T, packed, works[0]);
  const model = new Sequential([new Layer(I, H)]);
  const stream = model.stream({ block: T });
  const input = f32.slice(x / 4, x / 4 + T * I);
  const parts = {
    forward: () => forward(1, T),
    stream: T === 1 ? () => stream.step(input) : () => stream.steps(input),
    products: () => {
      for (let t = 0; t < T; t++) run.linear_forward(1, G, H, h, wHh, 0, a, 1, works[1]);
    },
    projection: () => run.linear_forward(T, G, I, x, wIh, bIh, a, 1, works[2]),
    call: () => forward(1, 0),
    activations: () => {
      for (let t = 0; t < T; t++) {
        run.vec_sigmoid(sigmoids * H, x, a);
        run.vec_tanh(tanhs * H, x, a);
      }
    },
  };
  // what is packed stays
  forward(0, T);
  run.linear_forward(1, G, H, h, wHh, 0, a, 0, works[1]);
  run.linear_forward(T, G, I, x, wIh, bIh, a, 0, works[2]);
  const best = Object.fromEntries(Object.keys(parts).map((name) => [name, Infinity]));
  const until = performance.now() + EACH_MS;
  while (performance.now() < until) {
    for (const [name, part] of Object.entries(parts)) {
      const start = performance.now();
      for (let done = 0; done < STEPS; done += T) part();
      best[name] = Math.min(best[name], performance.now() - start);
    }
  }
  const us = (ms) => ((ms * 1000) / STEPS).toFixed(2);
  const sum = best.products + best.projection + best.activations;
  const cells = [
    best.forward,
    best.products,
    best.projection,
    best.activations,
    best.forward - sum,
    best.call,
    best.stream,
  ].map(us);
  const ratios = [best.forward, best.stream].map((time) => (sum / time).toFixed(2));
  model.dispose();
  console.log(`| ${[`${cell} (${I}, ${H})`, T, ...cells, ...ratios].join(' | ')} |`);
}
