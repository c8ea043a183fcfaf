import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Generator } from '../../src/init/generator.ts';
import { Program, Workers } from './cluster/processes.ts';
import { describeWithRedis, RedisServer, until } from './cluster/redis.ts';

const STEPS = 20;

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);

/** The checkpoint of 4 shards after all steps. */
const HASH = '587866004e3880ee';

describeWithRedis('unrolled/cluster', () => {
  const redis = new RedisServer('--appendonly', 'yes', '--appendfsync', 'always');
  const file = join(redis.folder, 'checkpoint');
  beforeAll(() => redis.start());
  afterAll(() => redis.dispose());

  const coordinator = (go?: string) =>
    new Program('coordinator', redis.connection, file, String(STEPS), ...(go ? [go] : []));

  test.each([1, 2, 3])('%i workers: one hash', async (count) => {
    rmSync(file, { force: true });
    const workers = new Workers(redis.connection, count);
    const { code, said } = await coordinator().ended;
    await workers.dispose();
    expect(said).toBe('');
    expect(code).toBe(0);
    expect(hashOf(file)).toBe(HASH);
  });

  test('Redis that is stopped and started in the middle', async () => {
    rmSync(file, { force: true });
    const workers = new Workers(redis.connection, 2);
    // Redis is away before the last step
    const go = join(redis.folder, 'go');
    rmSync(go, { force: true });
    const running = coordinator(go);
    await until(() => existsSync(file) || running.isOver);
    await redis.kill();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(running.isOver).toBe(false);
    await redis.start();
    writeFileSync(go, '');
    const { code, said } = await running.ended;
    await workers.dispose();
    expect(said).toBe('');
    expect(code).toBe(0);
    expect(hashOf(file)).toBe(HASH);
  });

  test.each(Array.from({ length: 20 }, (_, i) => i + 1))('kills of seed %i: one hash', async (seed) => {
    rmSync(file, { force: true });
    const draw = new Generator(seed);
    const workers = new Workers(redis.connection, 2);
    const go = join(redis.folder, 'go');
    rmSync(go, { force: true });
    let running = coordinator(go);
    let kills = 0;
    while (kills < 4) {
      // from the first step on, at any point of a few steps
      await until(() => existsSync(file) || running.isOver);
      await new Promise((resolve) => setTimeout(resolve, draw.integer(300)));
      if (running.isOver) break;
      const which = draw.integer(workers.length + 1);
      if (which < workers.length) await workers.replace(which);
      else {
        await running.kill();
        running = coordinator(go);
      }
      kills++;
      writeFileSync(go, '');
    }
    const { code, said } = await running.ended;
    await workers.dispose();
    expect(said).toBe('');
    expect(code).toBe(0);
    expect(kills).toBeGreaterThan(0);
    expect(hashOf(file)).toBe(HASH);
  });
});
