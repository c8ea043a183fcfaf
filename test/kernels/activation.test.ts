import { describe, expect, test } from 'vitest';
import { ACTIVATIONS, type ActivationName, activationOf } from '../../src/activations.ts';
import { activations } from '../reference/activations.ts';
import { ulpDiff32 } from '../reference/math.ts';
import { some } from '../thorough.ts';
import { expectSame } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

const { fround } = Math;
const FLT_MIN = 2 ** -126;
const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 17];
const NONE = Number.POSITIVE_INFINITY;

/** Float32 steps of y and of its slope from float64. */
const ULPS = { y: 4, slope: 8 };

interface Case {
  readonly name: ActivationName;
  readonly alpha?: number;
  readonly beta?: number;
}

const cases: Case[] = [
  ...(Object.keys(activations) as ActivationName[]).map((name) => ({ name })),
  { name: 'hardsigmoid', alpha: 1 / 6 },
  { name: 'hardsigmoid', alpha: -0.3, beta: 0.25 },
  { name: 'elu', alpha: 1.7 },
  { name: 'leakyrelu', alpha: -0.25 },
  { name: 'scaledtanh', alpha: 1.7159, beta: 2 / 3 },
  { name: 'scaledtanh', alpha: -2, beta: -0.3 },
  { name: 'selu', alpha: 0.7, beta: -1.3 },
  { name: 'affine', alpha: 0.3, beta: -1.25 },
];

const points = Float32Array.from([
  ...[0, 1e-45, FLT_MIN, 1e-30, 1e-8, 2 ** -12, 0.3465, 0.3467, 0.625, 2.5, 3, 9.02, 17.4].flatMap(both),
  ...[87, 87.34, 88, 88.8, 89, 104, 1e19, 1e20, 3.4e38, Number.POSITIVE_INFINITY].flatMap(both),
  ...many(16_001, (i) => (i - 8000) / 256),
  ...many(8001, (i) => ((i - 4000) / 4000) ** 3),
  ...many(9001, (i) => 1.02 ** (i / 20 - 224) * (i % 2 ? 1 : -1)),
]);

/** Every 23rd of them in `npm test`. */
function many(length: number, at: (i: number) => number): number[] {
  return some(
    Array.from({ length }, (_, i) => at(i)),
    23,
  );
}

function both(x: number): number[] {
  return [x, -x];
}

interface Options {
  readonly clip?: number;
  /** 0: none. */
  readonly slope?: 0 | 1;
  readonly inPlace?: boolean;
  readonly place?: readonly Placement[];
}

function activate(build: BuildName, given: Case, values: ArrayLike<number>, o: Options = {}) {
  const { clip = NONE, slope = 1, inPlace = false, place = [] } = o;
  const { kind, alpha, beta } = activationOf('activation', given);
  const n = values.length;
  const sandbox = new Sandbox(build, n * 12);
  const x = sandbox[inPlace ? 'output' : 'input']('x', values, place[0]);
  const y = inPlace ? x : sandbox.output('y', n, place[1]);
  const d = slope ? sandbox.output('slope', n, place[2]) : 0;
  sandbox.run((k) => k.vec_activate(kind, alpha, beta, clip, n, x, y, d));
  return { y: sandbox.read(y, n), slope: slope ? sandbox.read(d, n) : new Float32Array() };
}

/** Rounded to float32, what is subnormal there 0. */
function single(x: number): number {
  return Math.abs(x) < FLT_MIN ? 0 : fround(x);
}

/** α and β as the kernel gets them. */
function parameters(given: Case): [number, number] {
  const { alpha, beta } = activationOf('activation', given);
  return [fround(alpha), fround(beta)];
}

/** Whether got is within so many steps or `slack` of expected. Factors of a slope turn 0 below 2^-126, itself below 2^-123. */
function close(got: number, expected: number, ulps: number, slack: number, floor = 8 * FLT_MIN): boolean {
  const vanishes = Math.abs(expected) < floor && Math.abs(got) < floor;
  return vanishes || ulpDiff32(got, single(expected)) <= ulps || Math.abs(got - expected) <= slack;
}

describe.each(cases)('$name $alpha $beta', (given) => {
  const reference = activations[given.name];
  const { floor, slack = 0, slopeSlack = () => 0 } = reference;
  const [alpha, beta] = parameters(given);
  const isLine = given.name === 'affine' || given.name === 'hardsigmoid';
  // tanh(βx) at the rounded βx, since e^(−2|βx|) magnifies the rounding
  const slopeOf = (x: number) =>
    given.name === 'scaledtanh'
      ? alpha * beta * activations.tanh.slope(fround(beta * x), 0, 0)
      : reference.slope(x, alpha, beta);
  const slackAt = (x: number) => (isLine ? (Math.abs(alpha * x) + Math.abs(beta)) * 2 ** -23 : slack);

  test.each(builds)('%s: y and slope against float64', (build) => {
    const { y, slope } = activate(build, given, points);
    for (const [i, x] of points.entries()) {
      const expected = reference.of(x, alpha, beta);
      if (!close(y[i]!, expected, ULPS.y, slackAt(x), floor)) {
        expect.fail(`φ(${x}) is ${y[i]} instead of ${expected}: ${ulpDiff32(y[i]!, single(expected))} steps`);
      }
      const bend = alpha * x + beta;
      if (given.name === 'hardsigmoid' && Math.min(Math.abs(bend), Math.abs(bend - 1)) < slackAt(x)) continue;
      const d = slopeOf(x);
      if (!close(slope[i]!, d, ULPS.slope, slopeSlack(x), floor)) {
        expect.fail(`φ′(${x}) is ${slope[i]} instead of ${d}: ${ulpDiff32(slope[i]!, single(d))} steps`);
      }
    }
  });

  test('the bits of checked and simd are the same, and none is subnormal', () => {
    const [a, b] = (['checked', 'simd'] as const).map((build) => activate(build, given, points));
    expectSame(a!.y, b!.y, 'y');
    expectSame(a!.slope, b!.slope, 'slope');
    const subnormal = [...a!.y, ...a!.slope].filter((v) => v !== 0 && Math.abs(v) < FLT_MIN);
    expect(subnormal).toEqual([]);
  });

  test.each(builds)('%s: x is clamped first, and the slope is 0 beyond', (build) => {
    for (const clip of [0.75, 3, 50]) {
      const { y, slope } = activate(build, given, points, { clip });
      const clamped = points.map((x) => Math.max(Math.min(x, clip), -clip));
      const inside = activate(build, given, clamped);
      expectSame(y, inside.y, `y, clip ${clip}`);
      const expected = inside.slope.map((d, i) => (Math.abs(points[i]!) > clip ? 0 : d));
      expectSame(slope, expected, `slope, clip ${clip}`);
    }
  });

  test.each(builds)('%s: every tail, in place, without slope, at the end of memory', (build) => {
    const some = points.filter((_, i) => i % 37 === 0).subarray(0, 17);
    const all = activate(build, given, some);
    for (const n of LENGTHS) {
      const x = some.subarray(0, n);
      const expected = { y: all.y.slice(0, n), slope: all.slope.slice(0, n) };
      expect(activate(build, given, x), `n ${n}`).toEqual(expected);
      expect(activate(build, given, x, { inPlace: true }), `n ${n}, in place`).toEqual(expected);
      expect(activate(build, given, x, { slope: 0 }).y, `n ${n}, no slope`).toEqual(expected.y);
      for (const place of [['flush'], ['guarded', 'flush'], ['guarded', 'guarded', 'flush']] as const) {
        expect(activate(build, given, x, { place }), `n ${n}, ${place}`).toEqual(expected);
      }
    }
  });

  test.each(builds)('%s: NaN gives NaN in its lane alone, clamped or not', (build) => {
    for (const clip of [NONE, 2]) {
      for (let lane = 0; lane < 7; lane++) {
        const x = new Float32Array(7).fill(0.5);
        x[lane] = Number.NaN;
        const { y } = activate(build, given, x, { clip });
        expect([...y.keys()].filter((i) => Number.isNaN(y[i]))).toEqual([lane]);
      }
    }
  });
});

test('vec_activate checked: an unknown kind is refused', () => {
  const sandbox = new Sandbox('checked', 64);
  const y = sandbox.output('y', 4);
  expect(() => sandbox.kernels.vec_activate(Object.keys(ACTIVATIONS).length, 0, 0, NONE, 4, y, y, 0)).toThrow(
    /no such kind/,
  );
});
