import { describe, expect, test } from 'vitest';
import { generator, uniform } from '../reference/random.ts';
import { builds, type Placement, Sandbox } from './sandbox.ts';

const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 17];
const FLT_MAX = 3.4028234663852886e38;

describe.each(builds)('%s find_nonfinite', (build) => {
  function find(x: ArrayLike<number>, place: Placement = 'guarded'): number {
    const sandbox = new Sandbox(build, x.length * 4);
    const ptr = sandbox.input('x', x, place);
    return sandbox.run((k) => k.find_nonfinite(x.length, ptr));
  }

  test('the first of NaN, Inf and -Inf in any place; what lies behind the end does not count', () => {
    for (const n of LENGTHS) {
      const good = Float32Array.from({ length: n }, (_, i) => [0, -0, FLT_MAX, -FLT_MAX, 1e-45, 2.5][i % 6]!);
      for (const place of ['guarded', 'flush'] as const) {
        expect(find(good, place), `n ${n}`).toBe(-1);
        for (let i = 0; i < n; i++) {
          for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
            const x = good.slice();
            x[i] = bad;
            if (i + 2 < n) x[i + 2] = Number.NaN;
            expect(find(x, place), `n ${n}, ${bad} at ${i}`).toBe(i);
          }
        }
      }
    }
  });

  test('NaN of either sign and any payload', () => {
    for (const bits of [0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff]) {
      const sandbox = new Sandbox(build, 64);
      const ptr = sandbox.indices('x', [0, 0, 0, 0, 0, bits]);
      expect(sandbox.run((k) => k.find_nonfinite(6, ptr))).toBe(5);
    }
  });
});

describe.each(builds)('%s count_outside', (build) => {
  test('below, above and NaN, not the bounds themselves nor the gaps between the rows', () => {
    const next = generator(3);
    for (const n of LENGTHS) {
      for (const m of [0, 1, 3]) {
        for (const gap of [0, 1, 5]) {
          const ldx = n + gap;
          const length = m === 0 || n === 0 ? 0 : (m - 1) * ldx + n;
          const x = Float32Array.from(uniform(next, length, 2), (v, k) => {
            if (k % ldx >= n) return Number.NaN;
            return [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][k % 11] ?? v;
          });
          const expected = x.filter((v, k) => k % ldx < n && !(v >= -1 && v <= 1.5)).length;
          for (const place of ['guarded', 'flush'] as const) {
            const sandbox = new Sandbox(build, length * 4);
            const ptr = sandbox.input('x', x, place);
            const got = sandbox.run((k) => k.count_outside(m, n, ptr, ldx, -1, 1.5));
            expect(got, `m ${m}, n ${n}, gap ${gap}, ${place}`).toBe(expected);
          }
        }
      }
    }
  });
});

test('count_outside checked: a leading dimension below its row is refused', () => {
  const sandbox = new Sandbox('checked', 64);
  const p = sandbox.input('x', new Float32Array(8));
  expect(() => sandbox.kernels.count_outside(2, 4, p, 3, 0, 1)).toThrow(/leading dimension/);
});
