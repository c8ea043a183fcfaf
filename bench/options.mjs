// node bench/options.mjs [simd|relaxed]: what options of the recurrent layer, lengths and a memory budget cost beside the
// plain layer, interleaved in one run, medians and ratios, as Markdown. Builds are taken from dist/.
import {
  GRU,
  IndRNN,
  init,
  Linear,
  LSTM,
  MinGRU,
  MinLSTM,
  mse,
  RNN,
  Sequential,
  SGD,
  SRU,
  Trainer,
} from '../dist/index.js';

const ROUNDS = 15;
const T = 64;
const B = 32;
const I = 128;
const H = 256;

/** Name, then what is made; the first of each group is what the others are compared with. */
const GROUPS = [
  [
    ['LSTM', () => new LSTM(I, H)],
    ['peephole', () => new LSTM(I, H, { peephole: true })],
    ['coupled', () => new LSTM(I, H, { coupled: true })],
    ['clip', () => new LSTM(I, H, { clip: 3 })],
    ['hard sigmoid', () => new LSTM(I, H, { recurrentActivation: 'hardsigmoid' })],
    ['projSize 128', () => new LSTM(I, H, { projSize: 128 })],
    ['layerNorm', () => new LSTM(I, H, { layerNorm: true })],
    ['zoneout', () => new LSTM(I, H, { zoneout: 0.1 })],
    ['recurrentDropout', () => new LSTM(I, H, { recurrentDropout: 0.1 })],
    ['heads 4', () => new LSTM(I, H, { heads: 4 })],
    ['bidirectional', () => new LSTM(I, H, { bidirectional: true })],
    ['MinLSTM', () => new MinLSTM(I, H)],
    ['SRU', () => new SRU(I, H)],
  ],
  [
    ['GRU', () => new GRU(I, H)],
    ['resetAfter: false', () => new GRU(I, H, { resetAfter: false })],
    ['layerNorm', () => new GRU(I, H, { layerNorm: true })],
    ['MinGRU', () => new MinGRU(I, H)],
  ],
  [
    ['RNN', () => new RNN(I, H)],
    ['softsign', () => new RNN(I, H, { nonlinearity: 'softsign' })],
    ['layerNorm', () => new RNN(I, H, { layerNorm: true })],
    ['Ω', () => new RNN(I, H, { penalty: { omega: 0.01 } })],
    ['IndRNN', () => new IndRNN(I, H)],
  ],
];

const runtime = await init({ kernels: process.argv[2] ?? 'simd' });
console.log(`Training step, T${T} B${B} I${I} H${H}, ${runtime.kernels}, Node ${process.version}\n`);
console.log('| layer | median | times the plain one |\n|---|---:|---:|');
for (const group of GROUPS) rows(interleaved(group.map(([name, make]) => [name, layerStep(make())])));

console.log('\n| batch of 32, LSTM | median | times without lengths |\n|---|---:|---:|');
rows(interleaved(lengthSteps()));

console.log('\n| LSTM T4096 B8 I64 H256 | median | times without a budget |\n|---|---:|---:|');
rows(interleaved(budgetSteps(), 5));

function layerStep(layer) {
  const model = new Sequential([layer]);
  const { step } = trained(model, T, B, I, layer.outputSize());
  return step;
}

function trained(model, steps, batch, inputs, outputs, opts = {}) {
  const trainer = new Trainer(model, { loss: mse, optimizer: new SGD({ lr: 1e-4 }), ...opts });
  const wave = (n) => Float32Array.from({ length: n }, (_, i) => ((i * 7919) % 1000) / 500 - 1);
  const x = { data: wave(steps * batch * inputs), shape: [steps, batch, inputs] };
  const y = { data: wave(steps * batch * outputs), shape: [steps, batch, outputs] };
  return { model, x, step: (stepOpts) => trainer.step(x, y, stepOpts) };
}

function lengthSteps() {
  const { model, x, step } = trained(new Sequential([new LSTM(I, H), new Linear(H, 16)]), T, B, I, 16);
  // uniform in 1…T, in no order
  const lengths = Int32Array.from(
    { length: B },
    (_, b) => 1 + Math.round((((b * 13) % B) * (T - 1)) / (B - 1)),
  );
  return [
    ['training step', () => step()],
    ['lengths uniform in 1…T', () => step({ lengths })],
    ['forward', () => model.forward(x)],
    ['forward, the same lengths', () => model.forward(x, { lengths })],
  ];
}

function budgetSteps() {
  const make = (opts) =>
    trained(new Sequential([new LSTM(64, 256), new Linear(256, 8)], { seed: 1 }), 4096, 8, 64, 8, opts);
  const full = make();
  const { planBytes } = full.model.plan({ steps: 4096, batch: 8 });
  const budgets = [10, 30, 75].map((part) => {
    const { model, step } = make({ memoryBudget: Math.floor(planBytes / part) });
    const { bytes, segments, checkpoints, extraTime } = model.plan({ steps: 4096, batch: 8 }).checkpoints;
    const share = ((100 * bytes) / planBytes).toFixed(1);
    const planned = `${segments} segments, ${checkpoints} states, ${share} % of the bytes, planned ${extraTime.toFixed(2)}`;
    return [planned, step];
  });
  return [[`${(planBytes / 2 ** 20).toFixed(0)} MiB`, () => full.step()], ...budgets];
}

/** Times in ms, one list a contender, taken by turns. */
function interleaved(contenders, rounds = ROUNDS) {
  const times = contenders.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [k, [, run]] of contenders.entries()) {
      const start = performance.now();
      run();
      if (round >= 0) times[k].push(performance.now() - start);
    }
  }
  return contenders.map(([name], k) => [name, times[k].sort((a, b) => a - b)[rounds >> 1]]);
}

function rows(medians) {
  let base = medians[0][1];
  for (const [name, ms] of medians) {
    if (name === 'forward') base = ms;
    console.log(`| ${name} | ${ms.toFixed(1)} ms | ${(ms / base).toFixed(2)} |`);
  }
}
