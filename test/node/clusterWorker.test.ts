import { Worker as Thread } from 'node:worker_threads';
import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { beforeAll, expect, test } from 'vitest';
import { ClusterTrainer, Sweep, startWorker } from '../../src/cluster/index.ts';
import { Keys, PREFIX } from '../../src/cluster/keys.ts';
import { computeShard } from '../../src/cluster/shardJob.ts';
import * as u from '../../src/index.ts';
import { describeWithRedis, RedisServer, serverOfSuite, until } from './cluster/redis.ts';
import { thread } from './cluster/thread.ts';

const array = { data: new Float32Array(12), shape: [2, 6, 1] };
const described = { loss: 'mse', optimizer: { name: 'sgd', lr: 0.1 } } as const;
const model = () => new u.Sequential([new u.GRU(1, 4), new u.Linear(4, 1)], { seed: 1 });

describeWithRedis('workers', () => {
  let redis: Redis;
  // as BullMQ wants it
  const server = serverOfSuite(
    (client) => {
      redis = client;
    },
    { maxRetriesPerRequest: null },
  );
  beforeAll(() => u.init({ kernels: 'simd' }));
  const connected = (queue: string) => ({ connection: server.connection, queue, lockDuration: 500 });
  const make = (queue: string, attempts = 3) =>
    new ClusterTrainer(model(), { ...described, ...connected(queue), shards: 2, attempts });
  /** Keys of the jobs of a step that waits for workers. */
  const jobs = async (queue: string) => {
    const keys = () => redis.keys(`unrolled:${queue}:*-1-?`);
    await until(async () => (await keys()).length === 2);
    return keys();
  };
  /** The only connection is that of this suite. */
  const disconnected = () =>
    expect.poll(() => redis.info('clients'), { timeout: 10_000 }).toContain('connected_clients:1\r');
  const user = async (name: string, ...rules: string[]) => {
    await redis.call('ACL', 'SETUSER', name, 'on', '>pw', '~*', '&*', '+@all', ...rules);
    return { path: server.connection, username: name, password: 'pw' };
  };

  test.each([
    ['info', '-@dangerous'],
    ['bzpopmin', '-bzpopmin'],
    ['get', '-get'],
    ['eval', '-eval', '-evalsha'],
  ])('one that may not run %s is refused', async (command, ...rules) => {
    const connection = await user(`no-${command}`, ...rules);
    await expect(startWorker({ connection, thread })).rejects.toMatchObject({
      name: 'StateError',
      message: expect.stringMatching(`NOPERM.*'${command}'`),
    });
    await disconnected();
  });

  test('one that loses its permission ends', async () => {
    const connection = await user('later');
    const worker = await startWorker({ connection, queue: 'later', thread });
    await user('later', '-bzpopmin');
    await expect(worker.ended).rejects.toMatchObject({
      name: 'StateError',
      message: expect.stringMatching(/NOPERM.*'bzpopmin'/),
    });
    await disconnected();
  });

  test('a server that can not be written to is refused', async () => {
    const replica = await new RedisServer('--replicaof', '127.0.0.1', '1').start();
    try {
      await expect(startWorker({ connection: replica.connection, thread })).rejects.toMatchObject({
        name: 'StateError',
        message: expect.stringMatching(/READONLY/),
      });
    } finally {
      await replica.dispose();
    }
  });

  test('a job whose data are lost is added again', async () => {
    const trainer = make('lost');
    const step = trainer.step(array, array);
    await redis.del((await jobs('lost'))[0]!);
    const sweep = new Sweep({ connection: server.connection, queue: 'lost' });
    const data = { x: array, y: array };
    await sweep.add([{ name: 'a', model: model(), options: described, data, fit: { epochs: 1 } }]);
    await redis.del(await redis.keys('unrolled:lost:fit-*'));
    const worker = await startWorker({ ...connected('lost'), thread });
    expect((await step).loss).toBeGreaterThan(0);
    expect(await sweep.wait()).toMatchObject([{ name: 'a', value: expect.any(Number) }]);
    await sweep.close();
    await trainer.close();
    await worker.close();
    expect(await redis.keys('unrolled:lost:completed')).toEqual([]);
  });

  test.each([
    "OOM command not allowed when used memory > 'maxmemory'.",
    'Redis at 10.0.0.5:6379 is full: raise its maxmemory',
  ])('a shard that fails by a full Redis: %s', async (message) => {
    const trainer = make('full', 1);
    const failing = async () => {
      throw new Error(message);
    };
    const worker = new Worker('full', failing, { connection: redis, prefix: PREFIX });
    await expect(trainer.step(array, array)).rejects.toThrow(u.MemoryError);
    await trainer.close();
    await worker.close();
  });

  test('one that is closed at once gives its shards back', async () => {
    const silent = () =>
      new Thread("require('node:worker_threads').parentPort.on('message', () => {})", { eval: true });
    const trainer = make('back', 1);
    const step = trainer.step(array, array);
    const ended = await startWorker({ ...connected('back'), threads: 2, thread: silent });
    await until(async () => (await redis.llen('unrolled:back:active')) === 2);
    await ended.close(true);
    expect(
      await Promise.all(['active', 'wait'].map((state) => redis.llen(`unrolled:back:${state}`))),
    ).toEqual([0, 2]);
    const worker = await startWorker({ ...connected('back'), thread });
    expect((await step).loss).toBeGreaterThan(0);
    await trainer.close();
    await worker.close();
  });

  test('a result that comes after the end of its step does not stay', async () => {
    const keys = new Keys('over');
    const job = { session: 's', identity: 'i', step: 1, shard: 0 };
    const [given, result] = [keys.shard('s', 1, 0), keys.result('s', 1, 0)];
    let isOver = false;
    const replica = {
      ...{ session: 's', identity: 'i', step: 1 },
      call: async () => {
        if (isOver) await redis.del(given);
        return { large: new Uint8Array(4), rest: new Uint8Array(4) };
      },
    };
    for (isOver of [false, true]) {
      await redis.set(given, 'a shard');
      await computeShard(redis, {} as never, keys, replica as never, job);
      expect(await redis.exists(result)).toBe(isOver ? 0 : 1);
    }
  });

  test('nor does a failure', async () => {
    const code = `require('node:worker_threads').parentPort.on('message', () => {
      setTimeout(() => { throw new Error('late'); }, 700);
    })`;
    const late = () => new Thread(code, { eval: true });
    const trainer = make('late', 1);
    const told = expect(trainer.step(array, array)).rejects.toThrow(/closed/);
    const worker = await startWorker({ ...connected('late'), threads: 2, thread: late });
    await until(async () => (await redis.llen('unrolled:late:active')) === 2);
    await trainer.close();
    await told;
    await until(async () => (await redis.llen('unrolled:late:active')) === 0);
    expect(await redis.keys('unrolled:late:*-1-?')).toEqual([]);
    expect(await redis.keys('unrolled:late:failed')).toEqual([]);
    expect(await redis.keys('*:cluster:late:*:failure:*')).toEqual([]);
    await worker.close();
  });
});
