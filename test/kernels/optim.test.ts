import { describe, expect, test } from 'vitest';
import { OPTIMIZERS } from '../../src/optim/table.ts';
import { type OptimizerCase, optimizerCases } from '../reference/optimizers.ts';
import { generator, uniform } from '../reference/random.ts';
import { some } from '../thorough.ts';
import { expectClose, expectSame, rounded, subnormals } from './closeness.ts';
import { type Setup, updated } from './optimTester.ts';
import { type BuildName, builds } from './sandbox.ts';

const UPDATES = 10;

const run = (build: BuildName, rule: OptimizerCase, setup: Setup) => updated(build, rule.make(), setup);

describe.each(optimizerCases)('$label', (rule) => {
  const lengths = some([1, 2, 3, 4, 5, 6, 7, 8, 9, 17], 6, optimizerCases.indexOf(rule));
  test.each(lengths)('n %i, ten updates', (n) => {
    const next = generator(n);
    const start = rounded(uniform(next, n));
    const gradients = Array.from({ length: UPDATES }, () => rounded(uniform(next, n, 2)));
    for (const s of [1, 0.375]) {
      const reference = rule.reference();
      const params = { w: start.slice() };
      for (const g of gradients) reference.step(params, { w: g.map((v) => v * s) });
      const found = Object.fromEntries(
        builds.map((build) => {
          const label = `${build}, seed ${n}, s ${s}`;
          const guarded = run(build, rule, { start, gradients, scale: s });
          expectClose(guarded.p, params.w, 1e-5, label);
          const names = rule.make().slots.map((_, i) => `state ${i}`);
          for (const flush of ['p', 'g 0', ...names]) {
            const { p } = run(build, rule, { start, gradients, scale: s, flush });
            expectSame(p, guarded.p, `${label}, ${flush} last`);
          }
          return [build, guarded];
        }),
      ) as Record<BuildName, ReturnType<typeof run>>;
      expectSame(found.checked.p, found.simd.p, `checked, s ${s}`);
      for (const [i, state] of found.simd.states.entries()) {
        expectSame(found.checked.states[i]!, state, `checked, s ${s}, state ${i}`);
      }
    }
  });

  test.each(builds)('%s: NaN stays where it is', (build) => {
    const gradients = [Float32Array.of(1, Number.NaN, 1, 1, 1, 1, Number.NaN)];
    const { p } = run(build, rule, { start: new Float32Array(7).fill(1), gradients });
    expect([...p].map(Number.isNaN)).toEqual([false, true, false, false, false, false, true]);
  });
});

describe.each(optimizerCases.filter((rule) => rule.make().slots.length > 0))(
  '$label: subnormal state',
  (rule) => {
    test.each(builds)('%s', (build) => {
      // states at the smallest normal decay below it; squares of 1e-20 are born there
      for (const [state, g] of [
        [2 ** -126, 0],
        [2 ** -130, 0],
        [0, 1e-20],
        [0, -1e-39],
      ] as const) {
        for (const updates of [1, 3]) {
          const gradients = Array.from({ length: updates }, () => new Float32Array(7).fill(g));
          const { p, states } = run(build, rule, { start: new Float32Array(7), gradients, state });
          expect(p.every(Number.isFinite)).toBe(true);
          for (const [i, values] of states.entries()) {
            const label = `state ${i} from ${state}, ${updates} gradients ${g}`;
            expect(subnormals(values), label).toBe(0);
          }
        }
      }
    });
  },
);

test.each(Object.entries(OPTIMIZERS))('%s is the name under which it is saved', (name, type) => {
  expect(new type({ lr: 1 }).name).toBe(name);
});
