import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Generator } from '../../src/init/generator.ts';
import { Program, Workers } from './cluster/processes.ts';
import { describeWithRedis, RedisServer } from './cluster/redis.ts';

/** What a program prints. */
// biome-ignore lint/suspicious/noExplicitAny: of each program its own
async function told(...args: [name: string, ...args: string[]]): Promise<any> {
  const { code, said } = await new Program(...args).ended;
  expect(code, said).toBe(0);
  return JSON.parse(said.trim().split('\n').at(-1)!);
}

describeWithRedis('unrolled/cluster in trouble', () => {
  const redis = new RedisServer();
  beforeAll(() => redis.start().then(() => {}));
  afterAll(() => redis.dispose());

  test('a shard that always throws fails its step after all attempts; the next step goes on', async () => {
    const { failure, same, steps, records, best, results } = await told('poisoned', redis.connection);
    expect(failure).toMatchObject({ name: 'StateError', cause: 'RangeError' });
    expect(failure.message).toMatch(/shard 1 of 3 .*3 attempts.*a target of 7/);
    expect(failure.message.length).toBeLessThan(400);
    expect([same, steps]).toEqual([true, 2]);
    expect(records.slice(0, 3)).toEqual(
      [1, 2, 3].map((n) => ({ name: `twice ${n}`, value: 2 * n, result: { n } })),
    );
    expect(records[3].error).toMatch(/task.*twice.*thrice/);
    expect(records[4].error).toBe('of its own');
    expect(best[0].name).toBe('twice 3');
    expect(results).toBe(0);
  });

  test('a full Redis', async () => {
    const small = await new RedisServer('--maxmemory', '4mb', '--maxmemory-policy', 'noeviction').start();
    try {
      const { failure, same, steps } = await told('full', small.connection);
      expect(failure.name).toBe('MemoryError');
      expect(failure.message).toMatch(/full.*maxmemory/);
      expect([same, steps]).toEqual([true, 1]);
    } finally {
      await small.dispose();
    }
  });

  test('workers of another version end; those of the right one go on', async () => {
    const folder = join(redis.folder, 'other');
    cpSync('dist', join(folder, 'dist'), { recursive: true });
    const text = readFileSync('package.json', 'utf8').replace(/"version": "[^"]*"/, '"version": "0.0.1"');
    writeFileSync(join(folder, 'package.json'), text);
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'junction');
    const main = join(folder, 'dist/cli/main.js');
    const others = [0, 1].map(() => new Program(main, 'cluster', 'worker', '--connection', redis.connection));
    const { failure, same, steps, refused } = await told('refused', redis.connection);
    expect(failure).toMatchObject({ name: 'StateError' });
    expect(failure.message).toMatch(/version/);
    expect(failure.message.length).toBeLessThan(400);
    expect([same, steps]).toEqual([true, 1]);
    expect(refused.every((identity: string) => identity.startsWith('0.0.1'))).toBe(true);
    for (const { code, said } of await Promise.all(others.map(({ ended }) => ended))) {
      expect(code).toBe(1);
      expect(said).toMatch(/another version/);
    }
    rmSync(folder, { recursive: true });
  });

  test('what is refused', async () => {
    const { taken, steps, coordinator, ...others } = await told('second', redis.connection);
    expect(taken).toMatchObject({
      name: 'StateError',
      message: expect.stringMatching(/another coordinator/),
    });
    expect(steps).toBe(1);
    expect(coordinator).toMatchObject({ shards: 2, waiting: [] });
    const { away, unreached, few, batchNorm, skip } = others;
    for (const one of [away, unreached])
      expect(one).toMatchObject({
        name: 'StateError',
        message: expect.stringMatching(/127\.0\.0\.1:1.*ECONNREFUSED/),
      });
    expect(few).toMatchObject({ name: 'ArgumentError', message: expect.stringMatching(/^x: .*13 rows/) });
    expect(batchNorm).toMatchObject({
      name: 'ArgumentError',
      message: expect.stringMatching(/^model: .*BatchNorm/),
    });
    expect(skip).toMatchObject({ name: 'ArgumentError', message: expect.stringMatching(/^nonFinite: /) });
  });

  test('200 forecasts, each once, in spite of kills', async () => {
    const draw = new Generator(1);
    const workers = new Workers(redis.connection, 2);
    const running = new Program('sweep', redis.connection, '200');
    let kills = 0;
    while (!running.isOver) {
      await new Promise((resolve) => setTimeout(resolve, 200 + draw.integer(600)));
      if (running.isOver || kills === 8) continue;
      await workers.replace(draw.integer(2));
      kills++;
    }
    const { code, said } = await running.ended;
    await workers.dispose();
    expect(code, said).toBe(0);
    expect(kills).toBeGreaterThan(0);
    expect(JSON.parse(said.trim().split('\n').at(-1)!)).toEqual({
      told: 200,
      hash: '18c2e1692ebcf195',
      models: 'a534701d56c22c6d',
    });
  });
});
