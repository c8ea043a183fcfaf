import { afterAll, beforeAll, expect, test } from 'vitest';
import { Program } from './cluster/processes.ts';
import { describeWithRedis, RedisServer } from './cluster/redis.ts';

/** What a training gave. */
interface Trained {
  readonly hash: string;
  readonly loss: number;
  readonly gradNorm: number;
  readonly steps: number;
  readonly parameters: readonly number[];
}

type Pair = { readonly inline: Trained; readonly shared: Trained };

/** The same update, but for the order of sums. */
function expectClose({ inline, shared }: Pair): void {
  expect(shared.loss).toBeCloseTo(inline.loss, 5);
  expect(shared.gradNorm).toBeCloseTo(inline.gradNorm, 5);
  const differences = shared.parameters.map((value, i) => Math.abs(value - inline.parameters[i]!));
  expect(Math.max(...differences)).toBeLessThan(1e-4);
}

describeWithRedis('unrolled/cluster with one worker', () => {
  const redis = new RedisServer();
  let results: Record<'one' | 'three' | 'ragged' | 'weighted' | 'graph' | 'every', Pair> & {
    everyOfThree: Trained;
  } & Record<'whole' | 'rest' | 'over', { epochs: number; updates: number; steps: number; hash: string }> & {
      stopped: string;
      updates: number;
      before: number;
      told: { name: string; message: string };
      keys: string[];
    };
  beforeAll(async () => {
    await redis.start();
    const { code, said } = await new Program('check', redis.connection).ended;
    expect(code, said).toBe(0);
    results = JSON.parse(said);
  });
  afterAll(() => redis.dispose());

  test('one shard: the bits of Trainer', () => {
    expect(results.one.shared).toEqual(results.one.inline);
  });

  test('three shards: always the same bits', () => {
    expect(results.three.shared.hash).toBe('dbdc30fb27d5d4e4');
    expectClose(results.three);
  });

  test.each(['ragged', 'weighted', 'graph'] as const)(
    '%s: counts and the clipping norm are those of the whole batch',
    (name) => {
      expectClose(results[name]);
    },
  );

  test('local steps of one shard: the bits of as many steps of Trainer', () => {
    expect(results.every.shared.hash).toBe(results.every.inline.hash);
    expect(results.every.shared.steps).toBe(6);
  });

  test('a fit goes on from its checkpoints', () => {
    const { whole, rest, over } = results;
    expect(whole).toMatchObject({ epochs: 2, updates: 4, steps: 4 });
    expect(rest).toEqual({ ...whole, updates: 2 });
    expect(over).toEqual({ ...whole, updates: 0 });
  });

  test('a fit without workers can be aborted, and a step ended by close; nothing stays in Redis', () => {
    expect(results).toMatchObject({ stopped: 'aborted', updates: 0, before: 0, keys: [] });
    expect(results.told).toMatchObject({ name: 'StateError', message: expect.stringMatching(/closed/) });
  });

  test('local steps of three shards: always the same bits', () => {
    expect(results.everyOfThree.hash).toBe('ac603828882e177d');
    expect(results.everyOfThree.steps).toBe(6);
  });
});
