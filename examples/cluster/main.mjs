// Trains on three workers over Redis, kills one of them in the middle, and compares with one process.
import { Embedding, init, Linear, LSTM, Sequential, Trainer } from 'unrolled';
import { ClusterTrainer, clusterStatus } from 'unrolled/cluster';
import { batchOf, startRedis, startWorkerProcess } from './machines.mjs';

await init({ kernels: 'simd' });
const layers = () => [new Embedding(26, 16), new LSTM(16, 64), new Linear(64, 26)];
const options = { loss: 'crossEntropy', optimizer: { name: 'adamw', lr: 0.01 }, clipNorm: 1 };

const connection = startRedis();
const workers = [1, 2, 3].map(() => startWorkerProcess(connection));
const shared = { ...options, shards: 4, connection, lockDuration: 1000 };
const trainer = new ClusterTrainer(new Sequential(layers(), { seed: 1 }), shared);
const single = new Trainer(new Sequential(layers(), { seed: 1 }), options);
for (let step = 0; step < 60; step++) {
  const { loss } = await trainer.step(...batchOf(step));
  const other = single.step(...batchOf(step));
  if (step === 30) workers[0].kill('SIGKILL');
  if (step % 20 === 19)
    console.log(`step ${step + 1}: ${loss.toFixed(3)}, in one process ${other.loss.toFixed(3)}`);
}
const { workers: there } = await clusterStatus({ connection });
const shards = there.reduce((sum, { done }) => sum + done, 0);
console.log(`one of three workers was killed; the other ${there.length} computed ${shards} of 240 shards`);
await trainer.close();
process.exit();
