import { describe, expect, test } from 'vitest';
import { OPTIMIZERS } from '../../src/optim/table.ts';
import { type OptimizerCase, optimizerCases } from '../reference/optimizers.ts';
import { generator, uniform } from '../reference/random.ts';
import { expectClose, expectSame, rounded, subnormals } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

const UPDATES = 10;

interface Setup {
  start: ArrayLike<number>;
  gradients: ArrayLike<number>[];
  s?: number;
  /** Of every state before the first update; default 0. */
  state?: number;
  flush?: string;
}

/** p and the states after one update for each of the gradients. */
function run(
  build: BuildName,
  rule: OptimizerCase,
  { start, gradients, s = 1, state = 0, flush = '' }: Setup,
) {
  const n = start.length;
  const sandbox = new Sandbox(build, n * 4 * (gradients.length + 4) + 256);
  const place = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const p = sandbox.output('p', start, place('p'));
  const optimizer = rule.make();
  const slots = optimizer.slots.map((_, i) =>
    sandbox.output(`state ${i}`, new Float32Array(n).fill(state), place(`state ${i}`)),
  );
  const gs = gradients.map((gradient, i) => sandbox.input(`g ${i}`, gradient, place(`g ${i}`)));
  sandbox.run((k) => {
    for (const gradients of gs) optimizer.step(k, { n, parameters: p, gradients, slots }, s);
  });
  return { p: sandbox.read(p, n), states: slots.map((at) => sandbox.read(at, n)) };
}

describe.each(optimizerCases)('$label', (rule) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 17])('n %i, ten updates', (n) => {
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
          const guarded = run(build, rule, { start, gradients, s });
          expectClose(guarded.p, params.w, 1e-5, label);
          const names = rule.make().slots.map((_, i) => `state ${i}`);
          for (const flush of ['p', 'g 0', ...names]) {
            const { p } = run(build, rule, { start, gradients, s, flush });
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
