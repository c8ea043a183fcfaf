// Where the time of a training step of a whole layer goes: forward and backward pass, and their parts by themselves, in turns in the same
// run: node bench/layerParts.mjs [simd] [T,B,I,H]. Least CPU time of the process, so that other work on the machine counts little. The
// step's rate is compared with that of sgemm of 512. Needs `npm run build`; half a minute.
import { init } from '../dist/index.js';
import { runtime } from '../dist/wasm/runtime.js';
import { kernelMemory } from './kernelMemory.mjs';

/** Milliseconds per cell. */
const EACH_MS = 8000;
const SGEMM = 512;
/** Gates; floats per row of what `gates` keeps, in units of H; states. */
const CELLS = {
  lstm: { gates: 4, kept: 4, states: 2 },
  gru: { gates: 3, kept: 4, states: 1 },
  rnn: { gates: 1, kept: 1, states: 1 },
};

const [, , kernels = 'auto', shape = '64,32,128,256'] = process.argv;
const [T, B, I, H] = shape.split(',').map(Number);
await init({ kernels });
console.log(`kernels ${runtime().kernels}, Node ${process.version}; ms of T${T} B${B} (${I}, ${H})`);
console.log(
  '| cell | forward | x·W_ih | h·W_hh | backward | dG·W_hh | dW_hh | dW_ih | biases | step / sgemm |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|');
for (const cell of Object.keys(CELLS)) row(cell);

function row(cell) {
  const { gates, kept, states } = CELLS[cell];
  const G = gates * H;
  const N = T * B;
  const { run, f32, room } = kernelMemory();
  const [x, wIh, wHh, bIh, bHh] = [room(N * I), room(G * I), room(G * H), room(G), room(G)];
  // states of all steps with the initial ones first; gates, or slopes of an RNN
  const state = [room((B + N) * H), room((B + N) * H)].slice(0, states);
  const keeps = room(N * kept * H);
  const [dy, da, out] = [room(N * H), room(N * G), room(N * G)];
  const dState = [room(B * H), room(B * H)].slice(0, states);
  const dW = room(G * (I + H));
  const db = room(2 * G);
  // more than each of them needs
  const [work, workX, workH, workBack] = [0, 1, 2, 3].map(() => room(2 * (G + 64) * (I + H) + 262_144));
  const [a, b, c] = [0, 1, 2].map(() => room(SGEMM ** 2));
  const relu = cell === 'rnn' ? [0] : [];
  const weights = [x, 0, wIh, wHh];
  const gradients = [dW, dW + G * I * 4, db, db + G * 4];
  const steps = (part) => {
    for (let t = 0; t < T; t++) part(t);
  };
  const forward = () =>
    run[`${cell}_forward_train`](T, B, I, H, 0, 0, ...relu, ...weights, bIh, bHh, ...state, keeps, work);
  const backward = () =>
    run[`${cell}_backward`](
      ...[T, B, I, H, 0, 0, ...weights, ...state, keeps, dy, ...dState, 0, ...gradients, 0, 0, 0],
      work,
    );
  const toGates = (m, width, from, w, bias, packed, own) =>
    run.linear_forward(m, G, width, from, w, bias, out, packed, own);
  const parts = {
    sgemm: () => run.sgemm_nn(SGEMM, SGEMM, SGEMM, a, SGEMM, b, SGEMM, 0, c, SGEMM, work),
    forward,
    projection: () => toGates(N, I, x, wIh, bIh, 1, workX),
    hidden: () => steps((t) => toGates(B, H, state[0] + t * B * H * 4, wHh, 0, 1, workH)),
    backward,
    back: () => steps((t) => run.linear_forward(B, H, G, da + t * B * G * 4, wHh, 0, dState[0], 1, workBack)),
    dWhh: () => run.linear_backward(N, G, H, state[0], wHh, da, 0, dW, 0, work),
    dWih: () => run.linear_backward(N, G, I, x, wIh, da, 0, dW, 0, work),
    biases: () => run.add_column_sums2(N, G, da, G, db, db + G * 4),
  };
  // what is packed stays
  toGates(N, I, x, wIh, bIh, 0, workX);
  toGates(B, H, state[0], wHh, 0, 0, workH);
  run.linear_forward(B, H, G, da, wHh, 0, dState[0], 0, workBack);
  const best = Object.fromEntries(Object.keys(parts).map((name) => [name, Infinity]));
  const until = performance.now() + EACH_MS;
  while (performance.now() < until) {
    for (const [name, part] of Object.entries(parts)) {
      // gradients are added to: subnormal or infinite ones would be slower
      f32.fill(0, dW / 4, db / 4 + 2 * G);
      for (const d of dState) f32.fill(0.01, d / 4, d / 4 + B * H);
      const before = process.cpuUsage();
      part();
      const { user, system } = process.cpuUsage(before);
      best[name] = Math.min(best[name], (user + system) / 1000);
    }
  }
  const rate = (flops, ms) => flops / ms;
  const share =
    rate(6 * N * G * (I + H) - 2 * N * G * I, best.forward + best.backward) /
    rate(2 * SGEMM ** 3, best.sgemm);
  const { sgemm, ...shown } = best;
  const cells = Object.values(shown).map((ms) => ms.toFixed(1));
  console.log(`| ${cell} | ${cells.join(' | ')} | ${share.toFixed(2)} |`);
}
