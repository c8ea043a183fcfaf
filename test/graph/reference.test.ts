import { init } from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { generator, uniform } from '../reference/random.ts';
import type { Node } from '../reference/tape.ts';
import { drawGraph, FEATURES, parametersOf, Tape, VOCABULARY } from './drawn.ts';

beforeAll(() => init({ kernels: 'simd' }));

const seeds = Array.from({ length: 40 }, (_, i) => i + 1);
const B = 3;
const T = { a: 5, b: 4 };

/** The largest difference, relative to the largest expected value. */
function error(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let most = 1e-6;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(got[i]! - expected[i]!));
  return worst / most;
}

describe.each([
  ['all steps', undefined],
  // of opposite orders
  ['lengths', { a: [2, 5, 4], b: [4, 1, 3] }],
  ['lengths of one axis', { b: [1, 4, 2] }],
] as const)('drawn graphs of two time axes, %s', (_, lengths) => {
  test.each(seeds)('seed %i: outputs and gradients are those of float64', (seed) => {
    const { model, outputs } = drawGraph(seed);
    const next = generator(1000 + seed);
    const a = uniform(next, T.a * B * FEATURES);
    const v = uniform(next, B * FEATURES);
    const b = Int32Array.from({ length: T.b * B }, () => Math.floor(next() * VOCABULARY));
    const x = {
      a: { data: a, shape: [T.a, B, FEATURES] },
      b: { data: b, shape: [T.b, B] },
      v: { data: v, shape: [B, FEATURES] },
    };
    const got = model.forward(x, { training: true, ...(lengths ? { lengths } : {}) });
    const seedsOf = Object.fromEntries(
      Object.entries(got).map(([name, { data, shape }]) => [
        name,
        { data: uniform(next, data.length), shape },
      ]),
    );
    const gradients = model.backward(seedsOf);
    const wanted = new Map<string, Float64Array>();
    const da = new Float64Array(a.length);
    const dv = new Float64Array(v.length);
    for (let row = 0; row < B; row++) {
      const tape = new Tape();
      const { get, leaves } = parametersOf(model, tape);
      const lengthOf = (axis: 'a' | 'b') =>
        (lengths as Record<string, readonly number[]> | undefined)?.[axis]?.[row] ?? T[axis];
      const at = (t: number) => (t * B + row) * FEATURES;
      const inputs = {
        a: Array.from({ length: lengthOf('a') }, (_, t) =>
          tape.leaf(a.slice(at(t), at(t) + FEATURES), 1, FEATURES),
        ),
        v: [tape.leaf(v.slice(at(0), at(0) + FEATURES), 1, FEATURES)],
      };
      const indices = { b: Array.from({ length: lengthOf('b') }, (_, t) => b[t * B + row]!) };
      const run = { tape, inputs, indices, parameter: get };
      const seeded: [Node, Float64Array][] = [];
      for (const [name, value] of Object.entries(outputs)) {
        const steps = value.at(run);
        for (const [t, node] of steps.entries()) {
          const from = (t * B + row) * value.size;
          expect(error(got[name]!.data.subarray(from, from + value.size), node.value), name).toBeLessThan(
            1e-5,
          );
          seeded.push([node, seedsOf[name]!.data.slice(from, from + value.size)]);
        }
      }
      tape.backward(seeded);
      for (const [name, { grad }] of leaves) {
        const sum = wanted.get(name) ?? new Float64Array(grad.length);
        for (let i = 0; i < grad.length; i++) sum[i]! += grad[i]!;
        wanted.set(name, sum);
      }
      for (const [t, { grad }] of inputs.a.entries()) da.set(grad, at(t));
      dv.set(inputs.v[0]!.grad, at(0));
    }
    for (const [name, { data }] of Object.entries(model.gradients())) {
      expect(error(data, wanted.get(name)!), name).toBeLessThan(1e-4);
    }
    expect(error(gradients.a!.data, da)).toBeLessThan(1e-4);
    expect(error(gradients.v!.data, dv)).toBeLessThan(1e-4);
    expect(gradients.b).toBeUndefined();
  });
});
