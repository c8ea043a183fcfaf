import type { Redis } from 'ioredis';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { ClusterTrainer, Sweep, startWorker } from '../../src/cluster/index.ts';
import * as u from '../../src/index.ts';
import { describeWithRedis, serverOfSuite, until } from './cluster/redis.ts';
import { thread } from './cluster/thread.ts';

const array = { data: new Float32Array(12), shape: [2, 6, 1] };
const described = { loss: 'mse', optimizer: { name: 'sgd', lr: 0.1 } } as const;

/** The only connection is that of this suite. */
const LEFT = 'connected_clients:1\r';

describeWithRedis('a Redis that leaves its connections open and answers nothing', () => {
  let redis: Redis;
  const server = serverOfSuite((client) => {
    redis = client;
  });
  beforeAll(() => u.init({ kernels: 'simd' }));
  afterEach(async () => {
    server.goOn();
    await expect.poll(() => redis.info('clients'), { timeout: 10_000 }).toContain(LEFT);
  });
  const silent = { name: 'StateError', message: expect.stringMatching(/^no answer of Redis at .* for 1 s/) };
  const connected = { connection: server.connection, patience: 1000, lockDuration: 500 };
  const make = (queue: string) => {
    const model = new u.Sequential([new u.GRU(1, 4), new u.Linear(4, 1)], { seed: 1 });
    return new ClusterTrainer(model, { ...described, ...connected, queue, shards: 2 });
  };
  /** Until a step waits for workers. */
  const waiting = (queue: string) =>
    until(async () => (await redis.keys(`unrolled:${queue}:*-1-1`)).length === 1);

  test('a step throws after its patience, and close ends; the next trainer goes on', async () => {
    const trainer = make('step');
    const before = trainer.save();
    const step = trainer.step(array, array);
    await waiting('step');
    server.pause();
    await expect(step).rejects.toMatchObject(silent);
    expect(trainer.save()).toEqual(before);
    await trainer.close();
    server.goOn();
    const worker = await startWorker({ ...connected, queue: 'step', thread });
    const next = make('step');
    expect((await next.step(array, array)).loss).toBeGreaterThan(0);
    await next.close();
    await worker.close();
  });

  test('the signal of a fit ends it', async () => {
    const trainer = make('fit');
    const abort = new AbortController();
    const fit = trainer.fit({ x: array, y: array }, { epochs: 1, batchSize: 6, signal: abort.signal });
    await waiting('fit');
    server.pause();
    abort.abort();
    expect(await fit).toMatchObject({ stopped: 'aborted', updates: 0 });
    await trainer.close();
  });

  test('a trainer that is about to begin can be closed', async () => {
    const trainer = make('begin');
    server.pause();
    const step = trainer.step(array, array);
    const told = expect(step).rejects.toMatchObject({ message: expect.stringMatching(/closed/) });
    await trainer.close();
    await told;
  });

  test('calls of a sweep throw', async () => {
    const { connection, patience } = connected;
    const sweep = new Sweep({ connection, patience, queue: 'sweep' });
    expect(await sweep.best(1)).toEqual([]);
    server.pause();
    await expect(sweep.best(1)).rejects.toMatchObject(silent);
    await sweep.close();
  });

  test('close of a worker ends', async () => {
    const worker = await startWorker({ ...connected, queue: 'worker', thread });
    server.pause();
    await worker.close();
    await worker.ended;
  });
});
