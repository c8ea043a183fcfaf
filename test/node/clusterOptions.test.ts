import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import {
  B,
  chain,
  type Made,
  type Options,
  sequence,
  sharing,
  single,
  T,
  type Training,
  V,
} from './cluster/sharing.ts';

const language = () => chain(new u.Embedding(V, 4), new u.LSTM(4, 6, { zoneout: 0.2 }), new u.Linear(6, V));
const dense = (penalty: u.Penalty) => () => chain(new u.RNN(3, 6, { penalty }), new u.Linear(6, 2));
const LANGUAGE = (): Options => ({
  loss: u.crossEntropy({ ignoreIndex: 0 }),
  optimizer: new u.Adam({ lr: 0.01 }),
});
const DENSE = (): Options => ({ loss: 'mse', optimizer: new u.SGD({ lr: 0.05, momentum: 0.9 }) });

const indices = (seed: number, steps = T) => ({
  data: Int32Array.from({ length: steps * B }, (_, i) => (i * 7 + seed * 3 + (i % 5)) % V),
  shape: [steps, B],
});
const text = (step: number): [unknown, unknown] => [indices(step), indices(step + 1)];
const numbers = (step: number): [unknown, unknown] => [sequence(3, step), sequence(2, step + 1)];

interface Case {
  readonly make: () => Made;
  readonly options: () => Options;
  readonly batch: (step: number) => [unknown, unknown];
  /** Options of a step. */
  readonly given?: u.BatchOptions | undefined;
}

const STEPS = 3;

async function trained({ trainer, step }: Training, { batch, given }: Case) {
  const results: u.StepResult[] = [];
  for (let i = 0; i < STEPS; i++) results.push(await step(...batch(i), given));
  return { results, trainer };
}

/** Adam moves a parameter by lr where its gradient is rounding: parameters are compared where both are smooth. */
function expectClose(shared: Awaited<ReturnType<typeof trained>>, whole: typeof shared): void {
  for (const [i, result] of shared.results.entries()) {
    const { loss, gradNorm, penalty, ...others } = whole.results[i]!;
    expect(result.loss).toBeCloseTo(loss, 4);
    expect(result.gradNorm).toBeCloseTo(gradNorm, 4);
    expect(result.penalty).toBeCloseTo(penalty, 4);
    expect(result).toMatchObject(others);
  }
  const [a, b] = [shared, whole].map(({ trainer }) => trainer.parameters);
  expect(Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)))).toBeLessThan(1e-4);
  expect(shared.trainer.steps).toBe(whole.trainer.steps);
  expect(shared.trainer.generator).toEqual(whole.trainer.generator);
}

const lengths = Array.from({ length: B }, (_, b) => (b < 4 ? 0 : b % (T + 1)));
const weights = Float32Array.from({ length: T * B }, (_, i) => (i % B < 5 ? 0 : (i % 3) / 2));
const mask = Uint8Array.from({ length: T * B }, (_, i) => (i % B < 4 || i % 5 === 0 ? 0 : 1));

const CASES: Record<string, Case> = {
  'l2 and orthogonality': { make: dense({ l2: 0.1, orthogonality: 0.02 }), options: DENSE, batch: numbers },
  omega: { make: dense({ omega: 0.01 }), options: DENSE, batch: numbers },
  'a weight decay': {
    make: dense({ l2: 0.1 }),
    options: () => ({ ...DENSE(), optimizer: new u.SGD({ lr: 0.05, weightDecay: 0.1 }), clipNorm: 0.1 }),
    batch: numbers,
  },
  'penalties where the first rows have no steps': {
    ...{ make: dense({ l2: 0.1, omega: 0.01 }), options: DENSE, batch: numbers },
    given: { lengths },
  },
  accumulate: { make: language, options: () => ({ ...LANGUAGE(), accumulate: 2 }), batch: text },
  'accumulate and clipNorm, a schedule, averages, groups': {
    make: language,
    options: () => ({
      ...{
        ...LANGUAGE(),
        accumulate: 3,
        clipNorm: 0.1,
        averages: 0.9,
        schedule: { name: 'stepLR', stepSize: 1 },
      },
      ...{ groups: [{ match: /weight/, lr: 0.002 }], frozen: [/^0\./] },
    }),
    batch: text,
  },
  truncation: {
    make: language,
    options: () => ({ ...LANGUAGE(), truncation: { k1: 2, k2: 4 } }),
    batch: text,
  },
  'truncation with carried states, clipped': {
    make: language,
    options: () => ({ ...LANGUAGE(), truncation: { k1: 3, k2: 3 }, carryState: true, clipNorm: 0.1 }),
    batch: text,
  },
  'truncation with weights, a warm-up and given states': {
    make: () => chain(new u.GRU(3, 4), new u.Linear(4, 2)),
    options: () => ({ ...DENSE(), truncation: { k1: 2, k2: 6 }, warmup: 3 }),
    batch: numbers,
    given: {
      weights: { data: weights, shape: [T, B] },
      states: {
        '0.h_l0': { data: Float32Array.from({ length: B * 4 }, (_, i) => i / 50), shape: [B, 4] },
      } as never,
    },
  },
  'a memory budget': {
    make: language,
    options: () => ({ ...LANGUAGE(), memoryBudget: 20_000 }),
    batch: text,
  },
  'rows without steps': { make: language, options: LANGUAGE, batch: text, given: { lengths } },
  'rows that a mask leaves nothing of': { make: language, options: LANGUAGE, batch: text, given: { mask } },
  'rows without weights': { make: language, options: LANGUAGE, batch: text, given: { weights } },
};

test.each([-1, -4, 4])('gradients of %i more bytes are refused', async (more) => {
  await u.init({ kernels: 'simd' });
  const sent = (large: Uint8Array) => Buffer.concat([large], large.length + more);
  const { step } = sharing(dense({}), DENSE, 2, { sent });
  await expect(async () => step(...numbers(0))).rejects.toThrow(u.FormatError);
});

describe.each(Object.entries(CASES))('%s', (_, of) => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  test('one shard has the bits of Trainer, more differ in rounding', async () => {
    const whole = await trained(single(of.make, of.options), of);
    const one = await trained(sharing(of.make, of.options, 1), of);
    expect(one.trainer.save()).toEqual(whole.trainer.save());
    for (const shards of [2, 3]) expectClose(await trained(sharing(of.make, of.options, shards), of), whole);
  });
});
