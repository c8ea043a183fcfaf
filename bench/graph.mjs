// Time of a chain as a `Model` divided by that as a `Sequential`: training steps, forward calls and steps of a stream, small
// and large. Both run in turns in one process; the medians of many rounds. Needs a build, and a quiet machine: node bench/graph.mjs [ROUNDS]
import * as u from '../dist/index.js';

const ROUNDS = Number(process.argv[2] ?? 40);
const V = 64;

await u.init({ kernels: 'simd' });

function layers(H) {
  return [new u.Embedding(V, H), new u.LSTM(H, H), new u.Linear(H, V)];
}

function chain(H) {
  const node = u.input({ indices: V });
  const outputs = layers(H).reduce((at, layer) => layer.apply(at), node);
  return new u.Model({ inputs: node, outputs }, { seed: 1 });
}

/** Nanoseconds per call, from a round of about 5 ms. */
function timer(call) {
  let count = 1;
  const time = () => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) call(i);
    return Number(process.hrtime.bigint() - start);
  };
  // V8 optimizes what both run before anything counts
  for (let i = 0; i < 2000; i++) call(i);
  while (time() < 5e6) count *= 2;
  return () => time() / count;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** The median of the ratios of rounds next to each other, in turns which is first. */
function compare(name, of) {
  const [graph, sequential] = [timer(of(true)), timer(of(false))];
  const ratios = [];
  const times = [];
  for (let i = 0; i < ROUNDS; i++) {
    const first = i % 2 === 0 ? graph() : sequential();
    const second = i % 2 === 0 ? sequential() : graph();
    const [a, b] = i % 2 === 0 ? [first, second] : [second, first];
    ratios.push(a / b);
    times.push(b);
  }
  const micro = (median(times) / 1000).toFixed(1);
  console.log(`${name.padEnd(32)} ${micro.padStart(9)} µs  ×${median(ratios).toFixed(3)}`);
}

for (const [T, B, H] of [
  [8, 4, 8],
  [32, 16, 64],
]) {
  const shape = `T${T} B${B} H${H}`;
  const x = { data: Int32Array.from({ length: T * B }, (_, i) => i % V), shape: [T, B] };
  const model = (isGraph) => (isGraph ? chain(H) : new u.Sequential(layers(H), { seed: 1 }));
  compare(`training step, ${shape}`, (isGraph) => {
    const trainer = new u.Trainer(model(isGraph), {
      loss: u.crossEntropy,
      optimizer: new u.AdamW(),
      clipNorm: 1,
    });
    return () => trainer.step(x, x);
  });
  compare(`forward, ${shape}`, (isGraph) => {
    const made = model(isGraph);
    return () => made.forward(x);
  });
  compare(`step of a stream, H${H}`, (isGraph) => {
    const stream = model(isGraph).stream();
    return (i) => stream.step(i % V);
  });
}
