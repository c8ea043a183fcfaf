// The same training by Trainer and by ClusterTrainer with a worker in this process.
import { Redis } from 'ioredis';
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

/** A fit from beginning to end, and one that goes on from the checkpoint after the first epoch, and one from the last. */
async function resumed(cluster) {
  const [x, y] = batch(0);
  const options = { ...TRAINING, carryState: false };
  const fit = async (more) => {
    const trainer = new ClusterTrainer(makeModel(), cluster({ ...options, shards: 2 }));
    const files = [];
    const checkpoint = { save: (bytes) => void files.push(bytes) };
    const { history, updates } = await trainer.fit(
      { x, y },
      { epochs: 2, batchSize: 6, checkpoint, ...more },
    );
    await trainer.close();
    return {
      files,
      found: { epochs: history.length, updates, steps: trainer.steps, hash: hash(trainer.model.save()) },
    };
  };
  const whole = await fit({});
  const rest = await fit({ resume: whole.files[0] });
  const over = await fit({ resume: whole.files[1] });
  return { whole: whole.found, rest: rest.found, over: over.found };
}

/** Without workers: a fit that is aborted, a step whose trainer is closed, and what they leave in Redis. */
async function givenUp(cluster) {
  const make = () => new ClusterTrainer(makeModel(), cluster({ ...TRAINING, shards: 2, queue: 'idle' }));
  const [x, y] = batch(0);
  const aborted = make();
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  const { stopped, updates } = await aborted.fit(
    { x, y },
    { epochs: 2, batchSize: 6, signal: controller.signal },
  );
  const before = aborted.steps;
  await aborted.close();
  const closed = make();
  const failure = closed.step(x, y).catch(({ name, message }) => ({ name, message }));
  setTimeout(() => closed.close(), 300);
  const told = await failure;
  await closed.close();
  const redis = new Redis(cluster({}).connection);
  const keys = await redis.keys('*:cluster:idle:*');
  redis.disconnect();
  return { stopped, updates, before, told, keys };
}

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
  Object.assign(results, await resumed(cluster));
  await worker.close();
  return { ...results, ...(await givenUp(cluster)) };
}
