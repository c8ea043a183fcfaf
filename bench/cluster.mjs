// Wall time of training with two workers over that with one: `node bench/cluster.mjs`, on 2 free cores, in a clone that was built.
// A character model, T 64, B 32, 2 x LSTM 256, 4 shards. Needs redis-server. Runs take turns; the median of each is compared.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClusterTrainer, clusterStatus, startWorker } from '../dist/cluster/index.js';
import { Embedding, init, Linear, LSTM, Sequential } from '../dist/index.js';

const [T, B, V] = [64, 32, 64];
/** Steps that are timed, after two that are not, and turns. */
const [STEPS, TURNS] = [12, 3];

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** ms per step with a number of workers, each a process. */
async function measure(connection, workers) {
  const here = fileURLToPath(import.meta.url);
  const processes = Array.from({ length: workers }, () =>
    spawn(process.execPath, [here, 'worker', connection], { stdio: 'inherit' }),
  );
  while ((await clusterStatus({ connection })).workers.length < workers)
    await new Promise((resolve) => setTimeout(resolve, 100));
  const layers = [new Embedding(V, 64), new LSTM(64, 256, { numLayers: 2 }), new Linear(256, V)];
  const options = { loss: 'crossEntropy', optimizer: { name: 'adamw', lr: 2e-3 }, clipNorm: 1 };
  const trainer = new ClusterTrainer(new Sequential(layers, { seed: 1 }), {
    ...options,
    shards: 4,
    connection,
  });
  const data = (k) => ({
    data: Int32Array.from({ length: T * B }, (_, i) => (i * 7 + k) % V),
    shape: [T, B],
  });
  const times = [];
  for (let step = 0; step < STEPS + 2; step++) {
    const began = performance.now();
    await trainer.step(data(step), data(step + 1));
    if (step >= 2) times.push(performance.now() - began);
  }
  await trainer.close();
  const ended = processes.map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of processes) child.kill('SIGTERM');
  await Promise.all(ended);
  return median(times);
}

async function main() {
  await init({ kernels: 'simd' });
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-bench-'));
  const connection = join(folder, 'redis.sock');
  const where = ['--port', '0', '--unixsocket', connection, '--dir', folder, '--save', ''];
  const redis = spawn('redis-server', where, { stdio: 'ignore' });
  const times = { 1: [], 2: [] };
  try {
    for (let turn = 0; turn < TURNS; turn++)
      for (const workers of [1, 2]) {
        times[workers].push(await measure(connection, workers));
        console.log(
          `${workers} worker${workers > 1 ? 's' : ''}: ${times[workers].at(-1).toFixed(1)} ms per step`,
        );
      }
    console.log(`2 workers over 1: ${(median(times[1]) / median(times[2])).toFixed(2)} times as fast`);
  } finally {
    redis.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === 'worker') {
  const worker = await startWorker({ connection: process.argv[3] });
  process.once('SIGTERM', () => worker.close());
} else await main();
