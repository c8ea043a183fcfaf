import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  ClusterTrainer,
  clusterStatus,
  Sweep,
  type SweepRecord,
  startWorker,
} from '../../src/cluster/index.ts';
import { Keys } from '../../src/cluster/keys.ts';
import { finish } from '../../src/cluster/sweepStore.ts';
import * as u from '../../src/index.ts';
import { describeWithRedis, serverOfSuite, until } from './cluster/redis.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const model = () => new u.Sequential([new u.GRU(1, 4), new u.Linear(4, 1)], { seed: 1 });
const array = { data: new Float32Array(12), shape: [2, 6, 1] };
const described = { loss: 'mse', optimizer: { name: 'sgd', lr: 0.1 } } as const;
const live = (): [string, object][] => [
  ['loss', { loss: u.crossEntropy }],
  ['loss', { loss: u.mse() }],
  ['loss', { loss: undefined }],
  ['optimizer', { optimizer: new u.Adam() }],
  ['schedule', { schedule: () => 1 }],
  ['groups', { groups: [{ match: () => true }] }],
];

/** What is thrown, at once or by a promise. */
async function thrown(call: () => unknown): Promise<Error & { argument?: string }> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

async function expectArgument(argument: string, call: () => unknown): Promise<void> {
  const error = await thrown(call);
  expect(error.name, `${argument}: ${error.message}`).toBe('ArgumentError');
  expect(error.message).toContain(argument);
  expect(error.argument).toContain(argument.split(' ')[0]);
}

test('ClusterTrainer: losses, optimizers and options that are no data, and what is exposed', async () => {
  const more: [string, object][] = [
    ['exposed', { exposed: 5 }],
    ['exposed.losses', { exposed: { losses: 5 } }],
    ['exposed.losses.mine', { exposed: { losses: { mine: 5 } } }],
  ];
  for (const [argument, opts] of [...live(), ...more])
    await expectArgument(
      argument,
      () => new ClusterTrainer(model(), { ...described, shards: 2, ...opts } as never),
    );
});

test('a checkpoint that is none is named as in Trainer', async () => {
  const trainer = new ClusterTrainer(model(), { ...described, shards: 2 });
  for (const none of [null, 5] as never[]) {
    await expectArgument('resume', () => trainer.fit({ x: array, y: array }, { resume: none }));
    await expectArgument('bytes', () => trainer.restore(none));
  }
});

describe('connection', () => {
  const users = (connection: unknown): (() => unknown)[] => [
    () => new ClusterTrainer(model(), { ...described, shards: 2, connection } as never),
    () => new Sweep({ connection } as never),
    () => startWorker({ connection } as never),
    () => clusterStatus({ connection } as never),
  ];

  test.each<[string, unknown]>([
    ['connection', 'redis://:secret@127.0.0.1:6379/abc'],
    ['connection', 'redis://:secret@127.0.0.1:99999'],
    ['connection', 5],
    ['connection', null],
    ['connection', []],
    ['connection.port', { port: 99_999 }],
    ['connection.db', { db: 'abc' }],
    ['connection.db', { db: -1 }],
    ['connection.host', { host: 5 }],
    ['connection.path', { path: 5 }],
    ['connection.keyPrefix', { keyPrefix: 'x:' }],
    ['connection', 'redis://127.0.0.1:6379?keyPrefix=x:'],
  ])('%s: %o', async (argument, connection) => {
    for (const use of users(connection)) {
      await expectArgument(argument, use);
      expect((await thrown(use)).message).not.toContain('secret');
    }
  });

  test('$REDIS_URL', async () => {
    const before = process.env.REDIS_URL;
    process.env.REDIS_URL = 'redis://127.0.0.1/abc';
    try {
      for (const use of users(undefined)) await expectArgument('REDIS_URL', use);
    } finally {
      if (before === undefined) delete process.env.REDIS_URL;
      else process.env.REDIS_URL = before;
    }
  });
});

describe('jobs of a Sweep', () => {
  const job = { name: 'a', model: model, options: described, data: { x: array, y: array } };
  const jobs = (): [string, unknown][] => [
    ['jobs', null],
    ['jobs', 5],
    ['jobs[0]', [null]],
    ['jobs[0]', [5]],
    ['jobs[0].name', [{}]],
    ['jobs[0].name', [{ ...job, name: '' }]],
    ['jobs[0].model', [{ ...job, model: undefined }]],
    ['jobs[0].model', [{ ...job, model: 5 }]],
    ['jobs[0].data', [{ ...job, model: model(), data: undefined }]],
    ['jobs[0].data', [{ ...job, model: model(), data: 5 }]],
    ['jobs[0].data.x', [{ ...job, model: model(), data: { x: () => 1 } }]],
    ["jobs[0]: unknown option 'nonsense'", [{ ...job, model: model(), nonsense: 1 }]],
    ['jobs[0].options', [{ ...job, model: model(), options: 5 }]],
    [
      "jobs[0].options: unknown option 'clip'",
      [{ ...job, model: model(), options: { ...described, clip: 1 } }],
    ],
    ...live().map(([argument, opts]): [string, unknown] => [
      argument === 'groups' ? 'jobs[0].options' : `jobs[0].options.${argument}`,
      [{ ...job, model: model(), options: { ...described, ...opts } }],
    ]),
    ['jobs[0].fit', [{ ...job, model: model(), fit: 5 }]],
    ["jobs[0].fit: unknown option 'onProgress'", [{ ...job, model: model(), fit: { onProgress: () => {} } }]],
    ['jobs[0].fit.metrics[0]', [{ ...job, model: model(), fit: { metrics: [() => 1] } }]],
    ['jobs[0].task', [{ name: 'a', task: 5 }]],
    ["jobs[0]: unknown option 'data'", [{ name: 'a', task: 'b', data: 1 }]],
    ['jobs[0].options', [{ name: 'a', task: 'b', options: () => 1 }]],
  ];

  test('are checked before anything is sent', async () => {
    const sweep = new Sweep();
    for (const [argument, given] of jobs()) await expectArgument(argument, () => sweep.add(given as never));
    await expectArgument('onResult', () => sweep.wait(5 as never));
    await expectArgument('the options of best', () => sweep.best(1, null as never));
    await expectArgument('mode', () => sweep.best(1, { mode: 'least' as never }));
    await sweep.close();
  });
});

describeWithRedis('with Redis', () => {
  let redis: Redis;
  const server = serverOfSuite((client) => {
    redis = client;
  });
  const connected = (queue: string) => ({ connection: server.connection, queue });
  const work = (name: string) => ({
    ...{ name, model: model(), options: described },
    data: { x: array, y: array },
  });
  /** Connections: 1 is that of this suite. */
  const clients = async () => Number(/connected_clients:(\d+)/.exec(await redis.info('clients'))![1]);

  test('a thread that is none', async () => {
    await expectArgument('thread', () => startWorker({ ...connected('thread'), thread: () => 5 as never }));
    await until(async () => (await clients()) === 1);
  });

  test('commands wait for a connection, whatever its options say', async () => {
    const options = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false };
    const connection = { path: server.connection, ...options };
    expect(await clusterStatus({ connection })).toMatchObject({ workers: [], results: 0 });
  });

  test('values that this package did not write', async () => {
    const keys = new Keys('strange');
    await redis.set(keys.coordinator, 'no JSON');
    const sweep = new Sweep(connected('strange'));
    await redis.zadd(keys.ranking, 1, 'a');
    await redis.hset(keys.results, 'a', 'no JSON');
    const calls = [() => clusterStatus(connected('strange')), () => sweep.best(1)];
    for (const call of calls)
      expect(await thrown(call)).toMatchObject({
        name: 'FormatError',
        message: expect.stringMatching(/^a value in Redis/),
      });
    await sweep.close();
  });

  test('a database that the server does not have', async () => {
    const connection = { path: server.connection, db: 99 };
    const calls = [
      () => startWorker({ connection }),
      () => clusterStatus({ connection }),
      () => new Sweep({ connection }).best(1),
      () => new ClusterTrainer(model(), { ...described, shards: 2, connection }).step(array, array),
    ];
    for (const call of calls)
      expect(await thrown(call)).toMatchObject({
        name: 'StateError',
        message: expect.stringMatching(/DB index/),
      });
  });

  test('an error of onResult is what it is', async () => {
    const sweep = new Sweep(connected('own'));
    await sweep.add([work('a')]);
    const record: SweepRecord = { name: 'a', value: 1 };
    const keys = new Keys('own');
    const run = (await redis.hget(keys.runs, 'a'))!;
    await finish(redis, keys, { name: 'a', run, data: undefined, spec: '', identity: '' }, record);
    const own = new RangeError('of its own');
    const failing = [
      () => {
        throw own;
      },
      () => Promise.reject(own),
    ];
    for (const onResult of failing) expect(await thrown(() => sweep.wait(onResult))).toBe(own);
    expect(await sweep.wait()).toEqual([record]);
    await sweep.close();
  });

  test('data that were refused, or cleared, are sent when they are added again', async () => {
    const sweep = new Sweep(connected('again'));
    const job = work('a');
    await expectArgument('jobs[1].name', () => sweep.add([job, job]));
    const there = async () => (await redis.keys('*:again:data:*')).length;
    await sweep.add([job]);
    expect(await there()).toBe(1);
    await sweep.clear();
    expect(await there()).toBe(0);
    await sweep.add([job]);
    expect(await there()).toBe(1);
    await sweep.close();
  });

  test('after close nothing connects again', async () => {
    const sweep = new Sweep(connected('closed'));
    await sweep.add([work('a')]);
    const waiting = thrown(() => sweep.wait());
    await sweep.close();
    await sweep.close();
    const calls = [
      () => sweep.add([work('b')]),
      () => sweep.wait(),
      () => sweep.best(1),
      () => sweep.model('a'),
      () => sweep.clear(),
    ];
    for (const error of [await waiting, ...(await Promise.all(calls.map(thrown)))])
      expect(error).toMatchObject({ name: 'StateError', message: expect.stringMatching(/closed/) });
    await until(async () => (await clients()) === 1);
  });
});
