import { Worker as Thread } from 'node:worker_threads';
import type { Redis } from 'ioredis';
import { beforeAll, expect, test } from 'vitest';
import { Sweep, startWorker } from '../../src/cluster/index.ts';
import { type Outcome, pack } from '../../src/cluster/jobs.ts';
import { Keys } from '../../src/cluster/keys.ts';
import { computeFit } from '../../src/cluster/sweepJob.ts';
import * as u from '../../src/index.ts';
import { describeWithRedis, serverOfSuite, until } from './cluster/redis.ts';

const array = { data: new Float32Array(12), shape: [2, 6, 1] };
const model = () => new u.Sequential([new u.GRU(1, 4), new u.Linear(4, 1)], { seed: 1 });
const data = { x: array, y: array };
const fit = (name: string) => ({
  ...{ name, model: model(), data, options: { loss: 'mse', optimizer: 'adam' } as const, fit: { epochs: 1 } },
});
const thread = () => new Thread(new URL('./cluster/poison.mjs', import.meta.url));

describeWithRedis('a sweep', () => {
  let redis: Redis;
  const server = serverOfSuite((client) => {
    redis = client;
  });
  beforeAll(() => u.init({ kernels: 'simd' }));
  const connected = (queue: string) => ({ connection: server.connection, queue });
  const dataKeys = (queue: string) =>
    Promise.all(['data', 'holders', 'job'].map((kind) => redis.keys(`*:${queue}:${kind}:*`))).then((all) =>
      all.flat(),
    );

  /** A run of a job that a worker has taken: it gives `value`, and a model of this byte, when `end` is called. */
  async function taken(queue: string, name: string) {
    const keys = new Keys(queue);
    const run = (await redis.hget(keys.runs, name))!;
    const hash = (await redis.keys(keys.data('*')))[0]?.split(':').at(-1);
    let give!: (bytes: Uint8Array) => void;
    const outcome = new Promise<Uint8Array>((resolve) => {
      give = resolve;
    });
    let isComputing = false;
    const call = () => {
      isComputing = true;
      return outcome;
    };
    const job = { name, run, data: hash, spec: '', identity: '' };
    const done = computeFit(redis, keys, { call } as never, job);
    await until(() => isComputing);
    return {
      end: async (value: number) => {
        give(pack({ value, result: value, model: Uint8Array.of(value) } satisfies Outcome));
        await done;
      },
    };
  }

  test('a worker that was only slow changes nothing of a job that is done', async () => {
    const sweep = new Sweep(connected('slow'));
    await sweep.add([{ name: 'x', task: 'any' }]);
    const [slow, other] = [await taken('slow', 'x'), await taken('slow', 'x')];
    await other.end(2);
    await slow.end(1);
    expect(await sweep.wait()).toEqual([{ name: 'x', value: 2, result: 2 }]);
    expect([...(await sweep.model('x'))!]).toEqual([2]);
    await sweep.close();
  });

  test('data that others share stay until all their jobs have ended', async () => {
    const [a, b] = [new Sweep(connected('shared')), new Sweep(connected('shared'))];
    await a.add([fit('a')]);
    await b.add([fit('a'), fit('b'), fit('c')]);
    await b.close();
    const later = await taken('shared', 'b');
    await (await taken('shared', 'a')).end(1);
    expect(await a.wait()).toMatchObject([{ name: 'a' }]);
    await later.end(2);
    await (await taken('shared', 'c')).end(3);
    expect((await a.best(9)).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(await dataKeys('shared')).toEqual([]);
    await a.close();
  });

  test('clear: a job that is running ends without a result, also if it was added again', async () => {
    const sweep = new Sweep(connected('clear'));
    const queue = 'clear';
    await sweep.add([fit('x'), fit('y')]);
    const [x, y] = [await taken(queue, 'x'), await taken(queue, 'y')];
    await sweep.clear();
    expect(await dataKeys(queue)).toEqual([]);
    await sweep.add([fit('x')]);
    await Promise.all([x.end(1), y.end(1)]);
    expect([await sweep.best(9), await sweep.model('x'), await sweep.model('y')]).toEqual([
      [],
      undefined,
      undefined,
    ]);
    await (await taken(queue, 'x')).end(2);
    expect(await sweep.wait()).toEqual([{ name: 'x', value: 2, result: 2 }]);
    await sweep.clear();
    await sweep.close();
  });

  test('a job whose data are lost fails; a sweep that has them adds it again', async () => {
    const queue = 'lost';
    const sweep = new Sweep(connected(queue));
    await sweep.add([fit('a')]);
    await sweep.close();
    await redis.del(await redis.keys('*:lost:data:*'));
    const worker = await startWorker({ ...connected(queue), thread });
    await until(async () => (await redis.zcard('unrolled:lost:failed')) === 1);
    const [id] = await redis.zrange('unrolled:lost:failed', '0', '0');
    expect(await redis.hget(`unrolled:lost:${id}`, 'failedReason')).toMatch(/data.* no longer in Redis/);
    const again = new Sweep(connected(queue));
    await again.add([fit('a')]);
    expect(await again.wait()).toMatchObject([{ name: 'a', value: expect.any(Number) }]);
    await again.close();
    await worker.close();
  });

  test('a job that waits takes what it was added with last; one that is computed stays', async () => {
    const queue = 'twice';
    const [first, second] = [new Sweep(connected(queue)), new Sweep(connected(queue))];
    await first.add([fit('x')]);
    await second.add([{ name: 'x', task: 'late', options: { n: 5 } }]);
    expect([await redis.llen('unrolled:twice:wait'), (await dataKeys(queue)).length]).toEqual([1, 1]);
    const worker = await startWorker({ ...connected(queue), thread });
    await until(async () => (await redis.llen('unrolled:twice:active')) === 1);
    await second.add([{ name: 'x', task: 'late', options: { n: 6 } }]);
    for (const sweep of [first, second]) expect(await sweep.wait()).toEqual([{ name: 'x', value: 5 }]);
    expect(await dataKeys(queue)).toEqual([]);
    await Promise.all([first.close(), second.close(), worker.close()]);
  });

  test('a job that waits with the same values stays as it is, unless they are lost', async () => {
    const sweep = new Sweep(connected('same'));
    const jobs = [fit('x'), { name: 'y', task: 'gives', options: { value: 1 } }];
    const runs = () => redis.hmget(new Keys('same').runs, 'x', 'y');
    const ms = () => dataKeys('same').then((keys) => Promise.all(keys.map((key) => redis.pttl(key))));
    await sweep.add(jobs);
    const [x, y] = await runs();
    await Promise.all((await dataKeys('same')).map((key) => redis.pexpire(key, 60_000)));
    await sweep.add(jobs);
    expect(await runs()).toEqual([x, y]);
    // values are kept for a week again
    expect(Math.min(...(await ms()))).toBeGreaterThan(60_000);
    await sweep.add([jobs[0]!, { ...jobs[1]!, options: { value: 2 } } as never]);
    expect((await runs()).map((run, i) => run === [x, y][i])).toEqual([true, false]);
    await redis.del(await redis.keys('*:same:data:*'));
    await sweep.add([jobs[0]!]);
    expect((await runs())[0]).not.toBe(x);
    expect(await redis.llen('unrolled:same:wait')).toBe(2);
    await sweep.clear();
    await sweep.close();
  });

  test('what a full Redis does not take changes nothing of what waits', async () => {
    const sweep = new Sweep(connected('full'));
    await sweep.add([{ name: 'x', task: 'gives', options: { value: 1 } }]);
    const run = await redis.hget(new Keys('full').runs, 'x');
    await redis.config('SET', 'maxmemory', '1');
    const other = { name: 'x', task: 'gives', options: { value: 2 } };
    await expect(sweep.add([other])).rejects.toThrow(u.MemoryError);
    await redis.config('SET', 'maxmemory', '0');
    expect([await redis.llen('unrolled:full:wait'), (await dataKeys('full')).length]).toEqual([1, 1]);
    expect(await redis.hget(new Keys('full').runs, 'x')).toBe(run);
    await sweep.clear();
    await sweep.close();
  });

  test('a job that failed is tried again when it is added again; one with a result is not', async () => {
    const sweep = new Sweep(connected('again'));
    const worker = await startWorker({ ...connected('again'), thread });
    const [fails, works] = ['fails', 'twice'].map((task) => ({ name: 'x', task, options: { n: 3 } }));
    await sweep.add([fails!]);
    expect(await sweep.wait()).toEqual([{ name: 'x', error: 'of its own' }]);
    await sweep.add([fails!]);
    expect(await sweep.wait()).toEqual([{ name: 'x', error: 'of its own' }]);
    // also one that nobody waited for
    await sweep.add([fails!, { ...fails!, name: 'y' }]);
    await until(async () => (await redis.zcard('unrolled:again:failed')) === 2);
    await sweep.add([works!, { ...works!, name: 'y' }]);
    const records = ['x', 'y'].map((name) => ({ name, value: 6, result: { n: 3 } }));
    expect(await sweep.wait()).toEqual(records);
    await sweep.add([fails!]);
    expect(await sweep.wait()).toEqual(records);
    await sweep.close();
    await worker.close();
  });

  test('numbers and results come back as they were given', async () => {
    const sweep = new Sweep(connected('values'));
    const worker = await startWorker({ ...connected('values'), thread });
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const results = [10n, new Map([['a', 1]]), cycle, undefined];
    const models = [Float32Array.of(1), new ArrayBuffer(4), 'abc'];
    const given = [Number.NaN, Infinity, -Infinity, 1].map((value, i) => ({ value, result: results[i] }));
    await sweep.add([
      ...given.map((options, i) => ({ name: `${i}`, task: 'gives', options })),
      { name: 'closure', task: 'closure' },
      ...models.map((model, i) => ({ name: `model ${i}`, task: 'gives', options: { value: 1, model } })),
    ]);
    const records = await sweep.wait();
    expect(records.slice(0, 4)).toEqual(given.map((outcome, i) => ({ name: `${i}`, ...outcome })));
    expect(records[4]!.error).toMatch(/^closure\(\)\.result: .*plain data/);
    for (const { error } of records.slice(5))
      expect(error).toMatch(/^gives\(\)\.model: .*the bytes of a saved model/);
    expect((await sweep.best(9)).map(({ value }) => value)).toEqual([-Infinity, 1, Infinity]);
    await sweep.close();
    await worker.close();
  });

  test('an attempt whose worker ended counts; the error is that of the last attempt', async () => {
    const sweep = new Sweep({ ...connected('killed'), attempts: 2 });
    const task = (name: string) => (name === 'z' ? 'fails' : 'twice');
    await sweep.add(['x', 'y', 'z'].map((name) => ({ name, task: task(name), options: { n: 1 } })));
    const [x, y, z] = await redis.hmget(new Keys('killed').runs, 'x', 'y', 'z');
    // BullMQ's number of workers that were lost
    await redis.hset(`unrolled:killed:${x}`, 'stc', 2);
    for (const run of [y, z]) await redis.hset(`unrolled:killed:${run}`, 'stc', 1);
    const worker = await startWorker({ ...connected('killed'), thread });
    expect(await sweep.wait()).toEqual([
      { name: 'x', error: expect.stringMatching(/worker ended in 2 of 2/) },
      { name: 'y', value: 2, result: { n: 1 } },
      { name: 'z', error: 'of its own' },
    ]);
    await sweep.close();
    await worker.close();
  });

  test('a worker that is closed at once gives its jobs back: no attempt is lost', async () => {
    const sweep = new Sweep({ ...connected('givenBack'), attempts: 1 });
    await sweep.add(['x', 'y'].map((name) => ({ name, task: 'late', options: { n: 1 } })));
    const start = () => startWorker({ ...connected('givenBack'), threads: 2, thread });
    const active = () => redis.llen('unrolled:givenBack:active');
    const ended = await start();
    await until(async () => (await active()) === 2);
    await ended.close(true);
    expect(await active()).toBe(0);
    const worker = await start();
    expect(await sweep.wait()).toEqual(['x', 'y'].map((name) => ({ name, value: 1 })));
    await sweep.close();
    await worker.close();
  });
});
