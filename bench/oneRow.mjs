// Where the time of one row goes: the forward pass of T100 B1, or 100 calls of one step each, and its parts in turns in the same run:
// the products with W_hh, the projection of the inputs, the activations; also what a call takes that makes no step. Fastest of many
// short repeats, since parts are compared, so that other work on the machine counts little: node bench/oneRow.mjs [simd].
// Needs `npm run build`; under a minute.
import { init } from '../dist/index.js';
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
  lstm: { gates: 4, sigmoids: 3, tanhs: 2, states: 2 },
  gru: { gates: 3, sigmoids: 2, tanhs: 1, states: 1 },
};

const [, , kernels = 'auto'] = process.argv;
await init({ kernels });
console.log(`kernels ${runtime().kernels}, Node ${process.version}; µs per step of one row`);
console.log(
  '| cell | steps per call | forward | products with W_hh | projection | activations | rest | a call of no step | parts / forward |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
for (const cell of Object.keys(CELLS)) for (const [I, H] of SHAPES) for (const T of CALLS) row(cell, I, H, T);

function row(cell, I, H, T) {
  const { gates, sigmoids, tanhs, states } = CELLS[cell];
  const G = gates * H;
  const { run, room } = kernelMemory();
  const [x, wIh, wHh, bIh, bHh] = [room(T * I), room(G * I), room(G * H), room(G), room(G)];
  const [h, c, y, a] = [room(H), room(H), room(T * H), room(T * 4 * H)];
  // more than each of them needs
  const works = [0, 1, 2].map(() => room(2 * (G + 64) * (I + H) + 65_536));
  const chunk = T;
  const state = [h, c].slice(0, states);
  const forward = (packed, steps = T) =>
    run[`${cell}_forward`](
      steps,
      1,
      I,
      H,
      0,
      0,
      x,
      0,
      wIh,
      wHh,
      bIh,
      bHh,
      ...state,
      y,
      a,
      chunk,
      packed,
      works[0],
    );
  const parts = {
    forward: () => forward(1),
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
  forward(0);
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
  ].map(us);
  console.log(`| ${cell} (${I}, ${H}) | ${T} | ${cells.join(' | ')} | ${(sum / best.forward).toFixed(2)} |`);
}
