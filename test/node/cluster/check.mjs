// The same training by Trainer and by ClusterTrainer with a worker in this process.
import { ClusterTrainer, startWorker } from '../../../dist/cluster/index.js';
import * as u from '../../../dist/index.js';
import { batch, hash, makeModel, SHORT, TRAINING } from './shared.mjs';

const STEPS = 3;

/** Trains `trainer`; gives the hash of its checkpoint, the last loss and the parameters. */
async function train(trainer, given = (step) => [...batch(step)]) {
  let last;
  for (let step = 0; step < STEPS; step++) last = await trainer.step(...given(step));
  const parameters = Object.values(trainer.model.stateDict()).flatMap(({ data }) => [...data]);
  await trainer.close?.();
  return {
    hash: hash(trainer.save()),
    loss: last.loss,
    gradNorm: last.gradNorm,
    steps: trainer.steps,
    parameters,
  };
}

/** Lengths and weights that differ from row to row. */
const ragged = (step) => [...batch(step), { lengths: Array.from({ length: 12 }, (_, b) => (b * 5) % 7) }];
const weighted = (step) => {
  const weights = Float32Array.from({ length: 72 }, (_, i) => (i % 4) / 2);
  return [...batch(step), { weights }];
};

function makeGraph() {
  const tokens = u.input({ indices: 11 });
  const extra = u.input({ features: 2, steps: false });
  const h0 = new u.Linear(2, 8).apply(extra);
  const { output, hN } = new u.GRU(4, 8).apply(new u.Embedding(11, 4).apply(tokens), { h0 });
  const next = new u.Linear(8, 11).apply(output);
  return new u.Model(
    { inputs: { tokens, extra }, outputs: { next, sum: new u.Linear(8, 1).apply(hN) } },
    { seed: 1 },
  );
}
const GRAPH = {
  loss: { next: 'crossEntropy', sum: 'mse' },
  lossWeights: { sum: 0.5 },
  optimizer: { name: 'sgd', lr: 0.1 },
};
const named = (step) => {
  const [tokens, next] = batch(step);
  const extra = { data: Float32Array.from({ length: 24 }, (_, i) => Math.fround(i / 24)), shape: [12, 2] };
  const sum = { data: Float32Array.from({ length: 12 }, (_, i) => i / 12), shape: [12, 1] };
  return [
    { tokens, extra },
    { next, sum },
    { lengths: { tokens: Array.from({ length: 12 }, (_, b) => 1 + (b % 6)) } },
  ];
};

/** Rows of both halves of a batch: two local steps of one shard. */
const halves = (step) =>
  [0, 6].map((first) =>
    batch(step).map(({ data }) => ({
      data: Int32Array.from({ length: 36 }, (_, i) => data[Math.floor(i / 6) * 12 + first + (i % 6)]),
      shape: [6, 6],
    })),
  );

export async function check(connection) {
  await u.init({ kernels: 'simd' });
  const worker = await startWorker({ connection, lockDuration: SHORT });
  const cluster = (options) => ({ connection, lockDuration: SHORT, ...options });
  const pair = async (make, options, given, shards) => ({
    inline: await train(new u.Trainer(make(), options), given),
    shared: await train(new ClusterTrainer(make(), cluster({ ...options, shards })), given),
  });
  const stateless = { ...TRAINING, carryState: false };
  const local = new u.Trainer(makeModel(), stateless);
  for (let step = 0; step < STEPS; step++) for (const half of halves(step)) local.step(...half);
  const results = {
    one: await pair(makeModel, TRAINING, batch, 1),
    three: await pair(makeModel, TRAINING, batch, 3),
    ragged: await pair(makeModel, stateless, ragged, 4),
    weighted: await pair(makeModel, stateless, weighted, 5),
    graph: await pair(makeGraph, GRAPH, named, 5),
    every: {
      inline: { hash: hash(local.save()), steps: local.steps },
      shared: await train(new ClusterTrainer(makeModel(), cluster({ ...stateless, shards: 1, every: 2 }))),
    },
    everyOfThree: await train(new ClusterTrainer(makeModel(), cluster({ ...TRAINING, shards: 3, every: 2 }))),
  };
  await worker.close();
  return results;
}
