import { describe, expect, test } from 'vitest';
import { batchNormWork } from '../../src/memory/workspace.ts';
import { batchNorm, batchNormBackward, running } from '../reference/batchNorm.ts';
import { generator, uniform } from '../reference/random.ts';
import { expectClose, expectSame, rounded, subnormals } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 64];
const ROWS = [2, 3, 8];
const EPS = 1e-5;
const { fround } = Math;

function values(seed: number, length: number, scale = 1, shift = 0): Float64Array {
  return rounded(uniform(generator(seed), length, scale).map((v) => v + shift));
}

interface Case {
  readonly m: number;
  readonly n: number;
  readonly x: Float64Array;
  readonly w: Float64Array;
  readonly b: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly momentum?: number;
  readonly place?: Record<string, Placement>;
}

function shape(m: number, n: number): Case {
  return {
    ...{ m, n, x: values(m * 100 + n, m * n, 3, 0.5), w: values(n, n), b: values(n + 1, n) },
    ...{ mean: values(n + 2, n), variance: values(n + 3, n, 0.5, 0.75) },
  };
}

function train(build: BuildName, c: Case) {
  const { m, n, momentum = 0.1, place = {} } = c;
  const sandbox = new Sandbox(build, 4 * (3 * m * n + 5 * n) + batchNormWork(n));
  const x = sandbox.input('x', c.x, place.x);
  const [w, b] = [sandbox.input('weight', c.w, place.weight), sandbox.input('bias', c.b, place.bias)];
  const mean = sandbox.output('mean', c.mean, place.mean);
  const variance = sandbox.output('variance', c.variance, place.variance);
  const y = sandbox.output('y', m * n, place.y);
  const xhat = sandbox.output('xhat', m * n, place.xhat);
  const rstd = sandbox.output('rstd', n, place.rstd);
  const work = sandbox.work(batchNormWork(n), place.work);
  sandbox.run((k) => k.batch_norm_train(m, n, x, w, b, EPS, momentum, mean, variance, y, xhat, rstd, work));
  return {
    ...{ y: sandbox.read(y, m * n), xhat: sandbox.read(xhat, m * n), rstd: sandbox.read(rstd, n) },
    ...{ mean: sandbox.read(mean, n), variance: sandbox.read(variance, n) },
  };
}

function infer(build: BuildName, c: Case, inPlace = false) {
  const { m, n, place = {} } = c;
  const sandbox = new Sandbox(build, 4 * (2 * m * n + 4 * n) + batchNormWork(n));
  const x = inPlace ? sandbox.output('x', c.x) : sandbox.input('x', c.x, place.x);
  const [w, b] = [sandbox.input('weight', c.w, place.weight), sandbox.input('bias', c.b, place.bias)];
  const mean = sandbox.input('mean', c.mean, place.mean);
  const variance = sandbox.input('variance', c.variance, place.variance);
  const y = inPlace ? x : sandbox.output('y', m * n, place.y);
  const work = sandbox.work(batchNormWork(n), place.work);
  sandbox.run((k) => k.batch_norm(m, n, x, mean, variance, w, b, EPS, y, work));
  return sandbox.read(y, m * n);
}

describe.each(builds)('%s batch_norm_train', (build) => {
  test('every tail against float64', () => {
    for (const m of ROWS) {
      for (const n of WIDTHS) {
        const c = shape(m, n);
        const expected = batchNorm(m, n, c.x, c.w, c.b, EPS);
        const after = running(expected, m, 0.1, c);
        const got = train(build, c);
        const label = `m ${m}, n ${n}`;
        expectClose(got.y, expected.y, 5e-7, `${label}: y`);
        expectClose(got.xhat, expected.xhat, 4e-7, `${label}: xhat`);
        expectClose(got.rstd, expected.rstd, 1e-7, `${label}: rstd`);
        expectClose(got.mean, after.mean, 1e-7, `${label}: running mean`);
        expectClose(got.variance, after.variance, 1e-7, `${label}: running variance`);
      }
    }
  });

  test('the ends of memory: the same bits', () => {
    for (const n of WIDTHS) {
      const c = shape(3, n);
      const all = train(build, c);
      for (const name of ['x', 'weight', 'bias', 'mean', 'variance', 'y', 'xhat', 'rstd', 'work'])
        expect(train(build, { ...c, place: { [name]: 'flush' } }), `n ${n}, ${name} at the end`).toEqual(all);
    }
  });

  test('momentum 0 keeps the running statistics, 1 replaces them', () => {
    const c = shape(8, 6);
    const kept = train(build, { ...c, momentum: 0 });
    expectSame(kept.mean, c.mean, 'mean');
    expectSame(kept.variance, c.variance, 'variance');
    const { mean, variance } = batchNorm(8, 6, c.x, c.w, c.b, EPS);
    const replaced = train(build, { ...c, momentum: 1 });
    expectClose(replaced.mean, mean, 1e-7, 'mean');
    expectClose(
      replaced.variance,
      variance.map((v) => (v * 8) / 7),
      1e-7,
      'variance',
    );
  });

  test('a small deviation around a large mean, a flat column, columns whose squares overflow', () => {
    const [m, n] = [16, 5];
    const c = shape(m, n);
    for (const x of [values(4, m * n, 0.5, 10_000), values(5, m * n, 1e30)]) {
      expectClose(train(build, { ...c, x }).xhat, batchNorm(m, n, x, c.w, c.b, EPS).xhat, 5e-7, 'xhat');
    }
    const flat = new Float64Array(m * n).fill(fround(0.1));
    expectClose(train(build, { ...c, x: flat }).xhat, new Float64Array(m * n), 1e-5, 'flat');
  });

  test('NaN reaches its column and no other', () => {
    const c = shape(3, 6);
    for (let at = 0; at < 18; at++) {
      const x = c.x.slice();
      x[at] = Number.NaN;
      const { y, mean } = train(build, { ...c, x });
      const columns = [...y.keys()].filter((i) => Number.isNaN(y[i])).map((i) => i % 6);
      expect(columns).toEqual(new Array(3).fill(at % 6));
      expect([...mean.keys()].filter((j) => Number.isNaN(mean[j]))).toEqual([at % 6]);
    }
  });
});

describe.each(builds)('%s batch_norm', (build) => {
  test('every tail against float64, in place, at the ends of memory', () => {
    for (const m of [0, 1, 3]) {
      for (const n of WIDTHS) {
        const c = shape(m, n);
        const y = infer(build, c);
        expectClose(y, batchNorm(m, n, c.x, c.w, c.b, EPS, c).y, 3e-6, `m ${m}, n ${n}`);
        expectSame(infer(build, c, true), y, `m ${m}, n ${n}, in place`);
        for (const name of ['x', 'weight', 'bias', 'mean', 'variance', 'y', 'work'])
          expectSame(infer(build, { ...c, place: { [name]: 'flush' } }), y, `n ${n}, ${name} at the end`);
      }
    }
  });
});

interface BackwardCase {
  readonly dy: Float64Array;
  readonly place?: Record<string, Placement>;
  readonly wanted?: boolean;
}

function backward(build: BuildName, c: Case, given: BackwardCase) {
  const { m, n } = c;
  const { place = {}, wanted = true } = given;
  const { xhat, rstd } = batchNorm(m, n, c.x, c.w, c.b, EPS);
  const sandbox = new Sandbox(build, 4 * (3 * m * n + 5 * n) + batchNormWork(n));
  const dy = sandbox.input('dy', given.dy, place.dy);
  const w = sandbox.input('weight', c.w, place.weight);
  const h = sandbox.input('xhat', xhat, place.xhat);
  const deviation = sandbox.input('rstd', rstd, place.rstd);
  const dx = wanted ? sandbox.output('dx', m * n, place.dx) : 0;
  const dw = sandbox.output('dweight', c.mean, place.dweight);
  const db = sandbox.output('dbias', c.variance, place.dbias);
  const work = sandbox.work(batchNormWork(n), place.work);
  sandbox.run((k) => k.batch_norm_backward(m, n, dy, w, h, deviation, dx, dw, db, work));
  return {
    ...{ dx: sandbox.read(dx, wanted ? m * n : 0), dw: sandbox.read(dw, n), db: sandbox.read(db, n) },
    scales: rstd.map((r, j) => Math.abs(r * c.w[j]!)),
    expected: batchNormBackward(m, n, given.dy, c.w, { xhat: rounded(xhat), rstd: rounded(rstd) }),
  };
}

describe.each(builds)('%s batch_norm_backward', (build) => {
  test('every tail against float64, added to the gradients; without dx', () => {
    for (const m of ROWS) {
      for (const n of WIDTHS) {
        const c = shape(m, n);
        const dy = values(m + 31 * n, m * n);
        const { dx, dw, db, expected, scales } = backward(build, c, { dy });
        const label = `m ${m}, n ${n}`;
        // a difference of terms of this size: with two rows nearly 0
        const terms = Math.max(...scales) * Math.max(...dy.map(Math.abs));
        for (const [i, v] of dx.entries())
          expect(Math.abs(v - expected.dx[i]!), `${label}: dx`).toBeLessThan(2e-6 * terms);
        expectClose(
          dw,
          expected.dw.map((v, j) => v + c.mean[j]!),
          1e-6,
          `${label}: dweight`,
        );
        expectClose(
          db,
          expected.db.map((v, j) => v + c.variance[j]!),
          1e-6,
          `${label}: dbias`,
        );
        const some = backward(build, c, { dy, wanted: false });
        expectSame([...some.dw, ...some.db], [...dw, ...db], `${label}: no dx`);
      }
    }
  });

  test('the ends of memory: the same bits; a subnormal dx becomes 0', () => {
    for (const n of [1, 4, 7]) {
      const c = shape(3, n);
      const dy = values(n, 3 * n);
      const all = backward(build, c, { dy });
      for (const name of ['dy', 'weight', 'xhat', 'rstd', 'dx', 'dweight', 'dbias', 'work'])
        expect(backward(build, c, { dy, place: { [name]: 'flush' } }), `n ${n}, ${name}`).toEqual(all);
      const { dx } = backward(build, c, { dy: dy.map((v) => fround(v * 2 ** -126)) });
      expect(subnormals(dx)).toBe(0);
    }
  });
});

test('checked and simd have the same bits', () => {
  for (const n of WIDTHS) {
    const c = shape(5, n);
    const [a, b] = (['checked', 'simd'] as const).map((build) => [
      train(build, c),
      infer(build, c),
      backward(build, c, { dy: values(n, 5 * n) }),
    ]);
    expect(a).toEqual(b);
  }
});

test('checked: a single row is refused', () => {
  const sandbox = new Sandbox('checked', 4096);
  const p = sandbox.output('all', 512);
  const { kernels } = sandbox;
  expect(() => kernels.batch_norm_train(1, 4, p, p, p, EPS, 0.1, p, p, p, p, p, p)).toThrow(/two rows/);
});
