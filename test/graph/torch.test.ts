import { Adam, init, Trainer } from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { some } from '../thorough.ts';
import { batchOf, buildGraph, graphCases, lossesOf } from './torchCase.ts';

beforeAll(() => init({ kernels: 'simd' }));

/** The largest difference, relative to the largest expected value. */
function error(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  let worst = got.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const difference = Math.abs(got[i]! - expected[i]!);
    worst = difference <= worst ? worst : difference;
  }
  return worst / (largest + 1e-6);
}

describe('drawn graph models against PyTorch in float64', async () => {
  const cases = await graphCases();

  test('are 150 or more', () => expect(cases.length).toBeGreaterThanOrEqual(150));

  test.each(some(cases, 5))('seed $seed', (one) => {
    const { model, names } = buildGraph(one);
    const { x, y } = batchOf(one);
    const opts = Object.keys(one.lengths).length ? { lengths: one.lengths } : {};
    let at = 0;
    const next = (length: number) => one.expected.subarray(at, (at += length));
    const results = model.forward(x, { training: true, ...opts });
    const upstream: Record<string, { data: Float32Array; shape: readonly number[] }> = {};
    for (const [name, { data, shape }] of Object.entries(results)) {
      expect(error(data, next(data.length)), name).toBeLessThan(1e-5);
      upstream[name] = { data: next(data.length), shape };
    }
    const ofInputs = model.backward(upstream);
    for (const [name, { features }] of Object.entries(one.inputs)) {
      if (!features) continue;
      const { data } = ofInputs[name]!;
      expect(error(data, next(data.length)), `gradient of ${name}`).toBeLessThan(1e-4);
    }
    const state = model.stateDict();
    const gradients = model.gradients();
    const expected = new Map(names.map((name) => [name, next(state[name]!.data.length)]));
    expect(at).toBe(one.expected.length);
    for (const [name, values] of expected) {
      if (name in gradients) expect(error(gradients[name]!.data, values), name).toBeLessThan(1e-4);
      else expect(error(state[name]!.data, values), name).toBeLessThan(1e-5);
    }

    const trainer = new Trainer(model, { ...lossesOf(one), optimizer: new Adam() });
    const step = trainer.gradients(x, y, opts);
    expect(Math.abs(step.loss / one.loss - 1), 'loss').toBeLessThan(1e-5);
    let from = 0;
    for (const [name, { data }] of Object.entries(gradients)) {
      const got = step.gradients.subarray(from, (from += data.length));
      expect(error(got, expected.get(name)!), `${name} of the loss`).toBeLessThan(1e-4);
    }
    expect(from).toBe(step.gradients.length);
    model.dispose();
  });
});
