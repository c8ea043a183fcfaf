import { describe, expect, test } from 'vitest';
import { Generator } from '../../src/init/generator.ts';
import { expectSame } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

type Law = [terms: number, offset: number, factor: number, base: number];

/** uniform in ±0.3, uniform in 2..5, normal, and the most terms. */
const LAWS: readonly Law[] = [
  [1, 0.5, 0.6, -0],
  [1, 0, 3, 2],
  [12, 6, 1, -0],
  [127, 0, 2 ** 24, 0],
];

function filled(build: BuildName, n: number, law: Law, seed: number, place: Placement = 'guarded') {
  const sandbox = new Sandbox(build, 4 * n + 256);
  const state = sandbox.output('state', 4);
  const out = sandbox.output('out', n, place);
  const words = new Int32Array(sandbox.memory.buffer, state, 4);
  words.set(new Generator(seed).state);
  sandbox.run((k) => k.random_fill(n, ...law, state, out));
  return { out: sandbox.read(out, n), state: Array.from(words, (word) => word >>> 0) };
}

describe.each(builds)('%s random_fill', (build) => {
  test.each(LAWS)('%i terms less %f: the numbers of Generator, bit for bit', (...law) => {
    for (const n of [0, 1, 2, 3, 17, 1000]) {
      const generator = new Generator(n);
      const expected = new Float32Array(n);
      generator.fill(expected, ...law);
      const { out, state } = filled(build, n, law, n);
      expectSame(out, expected, `n = ${n}`);
      expect(state).toEqual(generator.state);
    }
  });

  test('the last floats of the memory', () => {
    expectSame(filled(build, 5, LAWS[0]!, 7, 'flush').out, filled(build, 5, LAWS[0]!, 7).out, 'flush');
  });
});
