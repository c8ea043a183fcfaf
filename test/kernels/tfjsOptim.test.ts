import { describe, expect, test } from 'vitest';
import { generator, uniform } from '../reference/random.ts';
import { type TfjsCase, tfjsCases } from '../reference/tfjsOptimizers.ts';
import { expectClose, expectSame, rounded, subnormals } from './closeness.ts';
import { type Setup, updated } from './optimTester.ts';
import { type BuildName, builds } from './sandbox.ts';

function run(build: BuildName, rule: TfjsCase, setup: Setup) {
  const optimizer = rule.make();
  return updated(build, optimizer, { state: optimizer.initial, ...setup });
}

describe.each(tfjsCases)('$label', (rule) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 17])('n %i, ten updates', (n) => {
    const next = generator(n);
    const start = rounded(uniform(next, n));
    const sign = (v: number) => (v < 0 ? v - 0.5 : v + 0.5);
    // of changing sign, so that the centered root is not that of a negative number
    const gradients = Array.from({ length: 10 }, (_, i) =>
      rounded(uniform(next, n)).map((v) => sign(v) * (i % 2 ? 1 : -1)),
    );
    for (const scale of [1, 0.375]) {
      const reference = rule.reference();
      const params = { w: Float64Array.from(start) };
      for (const g of gradients) reference.step(params, { w: Float64Array.from(g, (v) => v * scale) });
      const found = builds.map((build) => {
        const guarded = run(build, rule, { start, gradients, scale });
        expectClose(guarded.p, params.w, 1e-5, `${build}, seed ${n}, scale ${scale}`);
        for (const flush of ['p', 'g 0', ...guarded.states.map((_, i) => `state ${i}`)]) {
          expectSame(run(build, rule, { start, gradients, scale, flush }).p, guarded.p, `${flush} last`);
        }
        return guarded;
      });
      expectSame(found[builds.indexOf('checked')]!.p, found[builds.indexOf('simd')]!.p, 'checked');
    }
  });

  test.each(builds)('%s: NaN stays where it is', (build) => {
    const alternating = [1, -1].map((g) => Float32Array.of(g, g ? Number.NaN : 0, g, g, g, g, Number.NaN));
    const { p } = run(build, rule, { start: new Float32Array(7).fill(1), gradients: alternating });
    expect([...p].map(Number.isNaN)).toEqual([false, true, false, false, false, false, true]);
  });

  test.each(builds)('%s: no subnormal state', (build) => {
    const gradients = Array.from({ length: 3 }, (_, i) => new Float32Array(7).fill(i % 2 ? 1e-20 : -1e-39));
    const { states } = run(build, rule, { start: new Float32Array(7), gradients });
    for (const values of states) expect(subnormals(values)).toBe(0);
  });
});
