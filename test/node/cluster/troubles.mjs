// Programs of what goes wrong: each prints what a user sees, as JSON.
import { Worker as Thread } from 'node:worker_threads';
import { ClusterTrainer, clusterStatus, Sweep, startWorker } from '../../../dist/cluster/index.js';
import * as u from '../../../dist/index.js';
import { poison } from './poisonLoss.mjs';
import { batch, hash, makeModel, SHORT, TRAINING } from './shared.mjs';

const print = (value) => console.log(JSON.stringify(value));
const failureOf = async (promise) => {
  const error = await promise.then(
    () => new Error('nothing was thrown'),
    (reason) => reason,
  );
  const { name, message, cause } = error;
  return { name, message, cause: cause?.name };
};

/** Steps, one with a shard that throws at every attempt, and a task of the thread's own script. */
export async function poisoned(connection) {
  await u.init({ kernels: 'simd' });
  const thread = () => new Thread(new URL('./poison.mjs', import.meta.url));
  const worker = await startWorker({ connection, lockDuration: SHORT, thread });
  const options = {
    loss: { exposed: 'poison', limit: 1 },
    optimizer: { name: 'sgd', lr: 0.1 },
    exposed: { losses: { poison } },
  };
  const model = new u.Sequential([new u.GRU(1, 4), new u.Linear(4, 1)], { seed: 1 });
  const trainer = new ClusterTrainer(model, { ...options, shards: 3, connection, lockDuration: SHORT });
  const x = { data: new Float32Array(12).fill(0.5), shape: [2, 6, 1] };
  await trainer.step(x, x);
  const before = hash(trainer.save());
  const bad = { ...x, data: x.data.with(2, 7) };
  const failure = await failureOf(trainer.step(x, bad));
  const after = hash(trainer.save());
  await trainer.step(x, x);
  const { steps } = trainer;
  await trainer.close();
  const calls = new Sweep({ connection });
  await calls.add([1, 2, 3].map((n) => ({ name: `twice ${n}`, task: 'twice', options: { n } })));
  await calls.add([
    { name: 'none', task: 'thrice' },
    { name: 'fails', task: 'fails' },
  ]);
  const records = await calls.wait();
  const best = await calls.best(1, { mode: 'max' });
  await calls.clear();
  const { results } = await clusterStatus({ connection });
  await calls.close();
  await worker.close();
  print({ failure, same: before === after, steps, records, best, results });
}

/** A model whose weights and gradients do not fit into a Redis of a few megabytes. */
export async function full(connection) {
  await u.init({ kernels: 'simd' });
  const worker = await startWorker({ connection, lockDuration: SHORT });
  const small = new ClusterTrainer(makeModel(), { ...TRAINING, shards: 4, connection, lockDuration: SHORT });
  await small.step(...batch(0));
  await small.close();
  const model = new u.Sequential([new u.LSTM(8, 256), new u.Linear(256, 8)], { seed: 1 });
  const options = {
    loss: 'mse',
    optimizer: { name: 'sgd', lr: 0.1 },
    shards: 4,
    connection,
    lockDuration: SHORT,
  };
  const trainer = new ClusterTrainer(model, options);
  const before = hash(trainer.save());
  const x = { data: new Float32Array(8 * 4), shape: [1, 4, 8] };
  const failure = await failureOf(trainer.step(x, x));
  const same = hash(trainer.save()) === before;
  await trainer.close();
  // what was written is gone, and smaller models go on
  const again = new ClusterTrainer(makeModel(), { ...TRAINING, shards: 4, connection, lockDuration: SHORT });
  await again.step(...batch(0));
  const { steps } = again;
  await again.close();
  await worker.close();
  print({ failure, same, steps });
}

/** A step where all workers are of another version. */
export async function refused(connection) {
  await u.init({ kernels: 'simd' });
  const trainer = new ClusterTrainer(makeModel(), {
    ...TRAINING,
    shards: 2,
    connection,
    lockDuration: SHORT,
  });
  const before = hash(trainer.save());
  const failure = await failureOf(trainer.step(...batch(0)));
  const { workers } = await clusterStatus({ connection });
  // a worker of this version goes on
  const worker = await startWorker({ connection, lockDuration: SHORT });
  const same = hash(trainer.save()) === before;
  await trainer.step(...batch(0));
  const { steps } = trainer;
  await trainer.close();
  await worker.close();
  print({ failure, same, steps, refused: workers.map((it) => it.refused) });
}

/** A second coordinator on one queue, Redis that is not there, and what is refused at once. */
export async function second(connection) {
  await u.init({ kernels: 'simd' });
  const worker = await startWorker({ connection, lockDuration: SHORT });
  const options = { ...TRAINING, shards: 2, connection, lockDuration: SHORT };
  const first = new ClusterTrainer(makeModel(), options);
  await first.step(...batch(0));
  const other = new ClusterTrainer(makeModel(), options);
  const taken = await failureOf(other.step(...batch(0)));
  await first.close();
  await other.step(...batch(0));
  const { steps } = other;
  const { coordinator } = await clusterStatus({ connection });
  await other.close();
  await worker.close();
  const nowhere = { ...options, connection: 'redis://127.0.0.1:1', patience: 300 };
  const away = await failureOf(new ClusterTrainer(makeModel(), nowhere).step(...batch(0)));
  const unreached = await failureOf(startWorker({ connection: 'redis://127.0.0.1:1', patience: 300 }));
  const few = await failureOf(new ClusterTrainer(makeModel(), { ...options, shards: 13 }).step(...batch(0)));
  const norm = [new u.Embedding(11, 4), new u.BatchNorm(4), new u.Linear(4, 11)];
  const made = async (layers, more) => new ClusterTrainer(new u.Sequential(layers), { ...options, ...more });
  const batchNorm = await failureOf(made(norm));
  const skip = await failureOf(made([new u.Embedding(11, 11)], { every: 2, nonFinite: 'skip' }));
  print({ taken, steps, coordinator, away, unreached, few, batchNorm, skip });
}

/** Forecasts of many series. */
export async function sweep(connection, count) {
  await u.init({ kernels: 'simd' });
  const [T, N] = [8, 24];
  const jobs = Array.from({ length: Number(count) }, (_, k) => {
    const value = (i) => Math.sin(i * (0.2 + k / 500));
    const x = {
      data: Float32Array.from({ length: T * N }, (_, i) => value(Math.floor(i / N) + (i % N))),
      shape: [T, N, 1],
    };
    const y = { data: Float32Array.from({ length: N }, (_, n) => value(n + T)), shape: [1, N, 1] };
    const model = new u.Sequential([new u.GRU(1, 6), new u.LastStep(), new u.Linear(6, 1)], { seed: 1 });
    const options = { loss: 'mse', optimizer: { name: 'adam', lr: 0.02 } };
    return { name: `series ${k}`, model, options, data: { x, y }, fit: { epochs: 4, batchSize: 6 } };
  });
  const told = [];
  const forecasts = new Sweep({ connection });
  await forecasts.add(jobs);
  console.log('added');
  const records = await forecasts.wait(({ name }) => told.push(name));
  const models = await Promise.all(jobs.map(({ name }) => forecasts.model(name)));
  await forecasts.close();
  const values = records.map(({ name, value, error }) => [name, value, error]);
  print({ told: told.length, hash: hash(JSON.stringify(values)), models: hash(Buffer.concat(models)) });
}
