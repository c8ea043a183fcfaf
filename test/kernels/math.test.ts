import { describe, expect, test } from 'vitest';
import { generator } from '../reference/random.ts';
import { thorough } from '../thorough.ts';
import { applyOnce, judge, judgeOdd, MathTester, mathKernels, promises } from './mathTester.ts';
import { builds, Sandbox } from './sandbox.ts';

const SEED = 2_024;
const FLT_MAX = 3.4028234663852886e38;
const FLT_MIN = 2 ** -126;

/** The float32 so many steps above x; below it for a negative x. */
function beside(x: number, steps: number): number {
  const float = new Float32Array([x]);
  new Int32Array(float.buffer)[0]! += steps;
  return float[0]!;
}

/** Where a formula takes over from another, or the result leaves the normal range. */
const cutOffs = [
  0.625, // tanh: polynomial below
  9.01, // tanh: 1 from about here on
  17.33, // sigmoid: 1
  88.722839, // exp: Inf above
  88, // clamped arguments
  89,
  87.336548, // exp and sigmoid of the negative: 0 below
  103.972,
  0.34657359, // ln2/2: the first step of the reduction
  0.5,
  1,
  2 ** -12,
];

const special = Float32Array.from(
  [
    0,
    1.401298464324817e-45,
    beside(FLT_MIN, -1),
    FLT_MIN,
    beside(FLT_MIN, 1),
    FLT_MAX,
    Number.POSITIVE_INFINITY,
    ...cutOffs.flatMap((x) => [-2, -1, 0, 1, 2].map((steps) => beside(x, steps))),
    ...cutOffs.flatMap((x) => [beside(x / 2, -1), x / 2, beside(x / 2, 1)]),
  ].flatMap((x) => [x, -x]),
);

/** `count` floats of each sign, uniform in their bits, neither Inf nor NaN. */
function anyFloats(count: number): Float32Array {
  const next = generator(SEED);
  const bits = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    bits[i] = Math.floor(next() * 0x7f800000);
    bits[count + i] = Math.floor(next() * 0x7f800000) | 0x80000000;
  }
  return new Float32Array(bits.buffer);
}

/** In `npm test` with steps that are five times as long. */
function grid(from: number, to: number, finest: number): Float32Array {
  const step = thorough ? finest : 5 * finest;
  return Float32Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

const points: Record<string, Float32Array> = {
  'special values and cut-offs': special,
  '4000 of each sign, uniform in their bits': anyFloats(4000),
  'the grid -20..20': grid(-20, 20, 0.0007),
  'the grid -104..90': grid(-104, 90, 0.0031),
  'every 1009th float of 1/32..2': Float32Array.from({ length: 49_000 }, (_, i) => beside(2 ** -5, i * 1009)),
  'every float of 0.625 ± 4096 steps': Float32Array.from({ length: 8192 }, (_, i) => beside(0.625, i - 4096)),
  'every float of -87.336 ± 4096 steps': Float32Array.from({ length: 8192 }, (_, i) =>
    beside(-87.336, i - 4096),
  ),
  'every float of 88.7228 ± 4096 steps': Float32Array.from({ length: 8192 }, (_, i) =>
    beside(88.7228, i - 4096),
  ),
};

for (const kernel of mathKernels) {
  const { ulps } = promises[kernel];
  describe(kernel, () => {
    for (const [name, x] of Object.entries(points)) {
      test(`${kernel} ${name}: at most ${ulps} ULP, in range, 0 below the normal results`, () => {
        for (const build of builds) {
          const worst = { ulps: 0, x: 0, got: 0 };
          judge(kernel, x, new MathTester(build, kernel, x.length).apply(x), worst);
          const what = `${build} ${kernel}(${worst.x}) = ${worst.got} is off by ${worst.ulps} ULP, seed ${SEED}`;
          expect(worst.ulps, what).toBeLessThanOrEqual(ulps);
        }
      });
    }

    test(`${kernel} identity: checked and simd have the same bits`, () => {
      for (const x of Object.values(points)) {
        const checked = applyOnce('checked', kernel, x);
        const other = applyOnce('simd', kernel, x).findIndex((bits, i) => bits !== checked[i]);
        expect(other, `${kernel}(${x[other]})`).toBe(-1);
      }
    });

    test(`${kernel} NaN: of either sign and any payload gives NaN, its neighbours stay`, () => {
      const nans = new Float32Array(new Uint32Array([0x7fc00000, 0xffc00000, 0x7f800001, 0xffbfffff]).buffer);
      for (const build of builds) {
        for (const nan of [0, 1, 2, 3]) {
          for (let lane = 0; lane < 7; lane++) {
            const x = new Float32Array(7).fill(0.5);
            new Uint32Array(x.buffer)[lane] = new Uint32Array(nans.buffer)[nan]!;
            const y = new Float32Array(applyOnce(build, kernel, x).buffer);
            expect(
              [...y.keys()].filter((i) => Number.isNaN(y[i])),
              build,
            ).toEqual([lane]);
          }
        }
      }
    });

    test(`${kernel} tails: n values have the bits they have among many, in place too`, () => {
      const x = special.subarray(0, 33);
      for (const build of builds) {
        const all = applyOnce(build, kernel, x);
        for (const n of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33]) {
          const first = x.subarray(0, n);
          expect(applyOnce(build, kernel, first), `${build} n=${n}`).toEqual(all.subarray(0, n));
          expect(applyOnce(build, kernel, first, { x: 'flush' }), `${build} n=${n}`).toEqual(
            all.subarray(0, n),
          );
          expect(applyOnce(build, kernel, first, { y: 'flush' }), `${build} n=${n}`).toEqual(
            all.subarray(0, n),
          );
          expect(inPlace(build, n), `${build} n=${n}`).toEqual(all.subarray(0, n));
        }
      }

      function inPlace(build: (typeof builds)[number], n: number): Uint32Array {
        const sandbox = new Sandbox(build, 4 * n);
        const xy = sandbox.output('xy', x.subarray(0, n), 'flush');
        sandbox.run((kernels) => promises[kernel].call(kernels, n, xy, xy));
        return sandbox.bits(xy, n);
      }
    });
  });
}

describe('vec_tanh', () => {
  test('vec_tanh odd: tanh(-x) is -tanh(x) to the bit, ±0 stay', () => {
    for (const build of builds) {
      for (const x of Object.values(points)) {
        const y = new MathTester(build, 'vec_tanh', x.length).apply(x);
        const negated = new MathTester(build, 'vec_tanh', x.length).apply(x.map((v) => -v));
        judgeOdd(x, y, negated);
      }
      const zeros = applyOnce(build, 'vec_tanh', new Float32Array([0, -0]));
      expect([...zeros]).toEqual([0, 0x80000000]);
    }
  });

  test('vec_tanh saturated: exactly ±1 from 9.02 on', () => {
    const x = Float32Array.from([9.02, 10, 44, 45, 100, FLT_MAX, Number.POSITIVE_INFINITY]);
    for (const build of builds) {
      const y = new Float32Array(applyOnce(build, 'vec_tanh', x).buffer);
      expect([...y], build).toEqual(new Array(x.length).fill(1));
    }
  });
});

describe('vec_exp and vec_sigmoid', () => {
  test('vec_exp exact: 1 at ±0, 0 at -Inf, Inf at Inf', () => {
    const x = Float32Array.from([0, -0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    for (const build of builds) {
      const y = new Float32Array(applyOnce(build, 'vec_exp', x).buffer);
      expect([...y], build).toEqual([1, 1, 0, Number.POSITIVE_INFINITY]);
    }
  });

  test('vec_sigmoid exact: 1/2 at ±0, 0 at -Inf, 1 at Inf', () => {
    const x = Float32Array.from([0, -0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    for (const build of builds) {
      const y = new Float32Array(applyOnce(build, 'vec_sigmoid', x).buffer);
      expect([...y], build).toEqual([0.5, 0.5, 0, 1]);
    }
  });
});
