import { describe, expect, test } from 'vitest';
import { layerNorm, layerNormBackward } from '../reference/layerNorm.ts';
import { generator, uniform } from '../reference/random.ts';
import { expectClose, expectSame, rounded, subnormals } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 64];
const ROWS = [0, 1, 3, 8];
const { fround } = Math;

function values(seed: number, length: number, scale = 1, shift = 0): Float64Array {
  return rounded(uniform(generator(seed), length, scale).map((v) => v + shift));
}

/** Rows of n values `ld` apart; the gaps hold NaN. */
function spread(m: number, n: number, ld: number, dense: ArrayLike<number>): Float32Array {
  const wide = new Float32Array(Math.max(0, (m - 1) * ld + n)).fill(Number.NaN);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) wide[i * ld + j] = dense[i * n + j]!;
  return m === 0 ? new Float32Array() : wide;
}

/** The m rows of n values in `wide`; throws where a gap is no longer NaN. */
function gathered(m: number, n: number, ld: number, wide: Float32Array): Float32Array {
  for (const [k, v] of wide.entries()) {
    if (k % ld >= n && !Number.isNaN(v)) throw new Error(`gap ${k} was overwritten`);
  }
  return Float32Array.from({ length: m * n }, (_, k) => wide[Math.floor(k / n) * ld + (k % n)]!);
}

interface Case {
  readonly m: number;
  readonly n: number;
  readonly x: Float64Array;
  readonly w: Float64Array;
  readonly b?: Float64Array | undefined;
  /** What y holds before; given: it is added to. */
  readonly before?: Float64Array;
  readonly gap?: number;
  readonly eps?: number;
  readonly keep?: boolean;
  readonly inPlace?: boolean;
  readonly place?: Record<string, Placement>;
}

function forward(build: BuildName, c: Case) {
  const { m, n, gap = 0, keep = true, place = {}, inPlace } = c;
  const ldx = n + gap;
  const ldy = inPlace ? ldx : n + 2 * gap;
  const sandbox = new Sandbox(build, 4 * (m * (4 * n + 3 * gap + 1) + 2 * n));
  const wide = spread(m, n, ldx, c.x);
  const x = inPlace ? sandbox.output('x', wide) : sandbox.input('x', wide, place.x);
  const w = sandbox.input('weight', c.w, place.weight);
  const b = c.b ? sandbox.input('bias', c.b, place.bias) : 0;
  const length = Math.max(0, (m - 1) * ldy + n) * Number(m > 0);
  const start = c.before ? spread(m, n, ldy, c.before) : length;
  const y = inPlace ? x : sandbox.output('y', start, place.y);
  const xhat = keep ? sandbox.output('xhat', m * n, place.xhat) : 0;
  const rstd = keep ? sandbox.output('rstd', m, place.rstd) : 0;
  sandbox.run((k) => k.layer_norm(m, n, x, ldx, w, b, y, ldy, c.before ? 1 : 0, xhat, rstd, c.eps ?? 1e-5));
  return {
    y: gathered(m, n, ldy, sandbox.read(y, length)),
    xhat: sandbox.read(xhat, keep ? m * n : 0),
    rstd: sandbox.read(rstd, keep ? m : 0),
  };
}

function shape(m: number, n: number): Case {
  return { m, n, x: values(m * 100 + n, m * n, 3, 0.5), w: values(n, n), b: values(n + 1, n) };
}

describe.each(builds)('%s layer_norm', (build) => {
  test('every tail against float64, with gaps between the rows and without', () => {
    for (const m of ROWS) {
      for (const n of WIDTHS) {
        const c = shape(m, n);
        const expected = layerNorm(m, n, c.x, c.w, c.b);
        for (const gap of [0, 3]) {
          const got = forward(build, { ...c, gap });
          const label = `m ${m}, n ${n}, gap ${gap}`;
          expectClose(got.y, expected.y, 4e-7, `${label}: y`);
          expectClose(got.xhat, expected.xhat, 3e-7, `${label}: xhat`);
          expectClose(got.rstd, expected.rstd, 1e-7, `${label}: rstd`);
        }
      }
    }
  });

  test('no bias; nothing kept; in place; the ends of memory: the same bits', () => {
    for (const n of WIDTHS) {
      const c = shape(3, n);
      const { y, xhat } = forward(build, c);
      expectSame(forward(build, { ...c, keep: false }).y, y, `n ${n}, nothing kept`);
      expectSame(forward(build, { ...c, gap: 2, inPlace: true }).y, y, `n ${n}, in place`);
      for (const name of ['x', 'weight', 'bias', 'y', 'xhat', 'rstd']) {
        const got = forward(build, { ...c, place: { [name]: 'flush' } });
        expectSame([...got.y, ...got.xhat], [...y, ...xhat], `n ${n}, ${name} at the end`);
      }
      const plain = forward(build, { ...c, b: undefined }).y;
      expectSame(plain, forward(build, { ...c, b: new Float64Array(n) }).y, `n ${n}, no bias`);
    }
  });

  test('added to what y holds', () => {
    for (const n of WIDTHS) {
      const c = shape(3, n);
      const before = values(n + 7, 3 * n);
      const { y } = forward(build, c);
      const sum = y.map((v, i) => fround(before[i]! + v));
      expectSame(forward(build, { ...c, before, gap: 1 }).y, sum, `n ${n}`);
    }
  });

  test('a small deviation around a large mean, a row of one value, and rows whose squares overflow', () => {
    const n = 23;
    const w = new Float64Array(n).fill(1);
    const shifted = values(4, n, 0.5, 10_000);
    expectClose(forward(build, { m: 1, n, x: shifted, w }).y, layerNorm(1, n, shifted, w).y, 4e-7, 'shifted');
    const flat = new Float64Array(n).fill(fround(0.1));
    expectClose(forward(build, { m: 1, n, x: flat, w }).y, new Float64Array(n), 1e-6, 'flat');
    const large = values(5, n, 1e30);
    expectClose(forward(build, { m: 1, n, x: large, w }).y, layerNorm(1, n, large, w).y, 4e-7, 'large');
  });

  test('eps', () => {
    const c = shape(3, 6);
    for (const eps of [0, 1e-12, 1e-3, 2]) {
      const { y, rstd } = layerNorm(3, 6, c.x, c.w, c.b, eps);
      const got = forward(build, { ...c, eps });
      expectClose(got.y, y, 4e-7, `eps ${eps}: y`);
      expectClose(got.rstd, rstd, 1e-7, `eps ${eps}: rstd`);
    }
  });

  test('NaN: reaches its row and no other', () => {
    const c = shape(3, 6);
    for (let at = 0; at < 18; at++) {
      const x = c.x.slice();
      x[at] = Number.NaN;
      const { y } = forward(build, { ...c, x });
      const rows = [...y.keys()].filter((i) => Number.isNaN(y[i])).map((i) => Math.floor(i / 6));
      expect(rows).toEqual(new Array(6).fill(Math.floor(at / 6)));
    }
  });
});

interface BackwardCase {
  readonly m: number;
  readonly n: number;
  readonly dy: Float64Array;
  readonly w: Float64Array;
  readonly xhat: Float64Array;
  readonly rstd: Float64Array;
  readonly gap?: number;
  readonly into?: 'dx' | 'xhat' | 'dy';
  readonly place?: Record<string, Placement>;
  readonly dw?: ArrayLike<number>;
  /** undefined: no bias. */
  readonly db?: ArrayLike<number> | undefined;
}

function backward(build: BuildName, c: BackwardCase) {
  const { m, n, gap = 0, into = 'dx', place = {} } = c;
  const ldy = n + gap;
  const lddx = into === 'xhat' ? n : into === 'dy' ? ldy : n + 2 * gap;
  const sandbox = new Sandbox(build, 4 * (m * (4 * n + 3 * gap + 1) + 4 * n));
  const wide = spread(m, n, ldy, c.dy);
  const dy = into === 'dy' ? sandbox.output('dy', wide) : sandbox.input('dy', wide, place.dy);
  const w = sandbox.input('weight', c.w, place.weight);
  const xhat = into === 'xhat' ? sandbox.output('xhat', c.xhat) : sandbox.input('xhat', c.xhat, place.xhat);
  const rstd = sandbox.input('rstd', c.rstd, place.rstd);
  const length = Math.max(0, (m - 1) * lddx + n) * Number(m > 0);
  const dx = into === 'dx' ? sandbox.output('dx', length, place.dx) : into === 'dy' ? dy : xhat;
  const dw = sandbox.output('dweight', c.dw ?? new Float32Array(n), place.dweight);
  const db = c.db ? sandbox.output('dbias', c.db, place.dbias) : 0;
  sandbox.run((k) => k.layer_norm_backward(m, n, dy, ldy, w, xhat, rstd, dx, lddx, dw, db));
  return {
    dx: gathered(m, n, lddx, sandbox.read(dx, length)),
    dw: sandbox.read(dw, n),
    db: sandbox.read(db, c.db ? n : 0),
  };
}

function backwardShape(m: number, n: number): BackwardCase {
  const { x, w } = shape(m, n);
  const { xhat, rstd } = layerNorm(m, n, x, w);
  const dy = values(m + 31 * n, m * n);
  return {
    m,
    n,
    dy,
    w,
    xhat: rounded(xhat),
    rstd: rounded(rstd),
    dw: values(n + 2, n),
    db: values(n + 3, n),
  };
}

describe.each(builds)('%s layer_norm_backward', (build) => {
  test('every tail against float64, with gaps between the rows and without', () => {
    for (const m of ROWS) {
      for (const n of WIDTHS) {
        const c = backwardShape(m, n);
        const expected = layerNormBackward(m, n, c.dy, c.w, { y: c.dy, xhat: c.xhat, rstd: c.rstd });
        const scale = Math.max(1, ...c.rstd);
        for (const gap of [0, 3]) {
          const got = backward(build, { ...c, gap });
          const label = `m ${m}, n ${n}, gap ${gap}`;
          const [dx, wanted] = [got.dx, expected.dx].map((d) => Float64Array.from(d, (v) => v / scale));
          for (const [i, v] of dx!.entries())
            expect(Math.abs(v - wanted![i]!), `${label}: dx`).toBeLessThan(1e-6);
          expectClose(
            got.dw,
            expected.dw.map((v, j) => v + c.dw![j]!),
            1e-6,
            `${label}: dweight`,
          );
          expectClose(
            got.db,
            expected.db.map((v, j) => v + c.db![j]!),
            1e-6,
            `${label}: dbias`,
          );
        }
      }
    }
  });

  test('dx in xhat, dx in dy, no bias, the ends of memory: the same bits', () => {
    for (const n of WIDTHS) {
      const c = backwardShape(3, n);
      const all = backward(build, c);
      expect(backward(build, { ...c, into: 'xhat', gap: 1 }), `n ${n}, in xhat`).toEqual(all);
      expect(backward(build, { ...c, into: 'dy', gap: 1 }), `n ${n}, in dy`).toEqual(all);
      const { dx, dw } = backward(build, { ...c, db: undefined });
      expect({ dx, dw }, `n ${n}, no bias`).toEqual({ dx: all.dx, dw: all.dw });
      for (const name of ['dy', 'weight', 'xhat', 'rstd', 'dx', 'dweight', 'dbias']) {
        expect(backward(build, { ...c, place: { [name]: 'flush' } }), `n ${n}, ${name} at the end`).toEqual(
          all,
        );
      }
    }
  });

  test('rows are summed from the last to the first: two pieces, the last one first, give the bits of one', () => {
    for (const n of [1, 3, 4, 9]) {
      const c = backwardShape(8, n);
      const whole = backward(build, c);
      const piece = (from: number, to: number, dw: ArrayLike<number>, db: ArrayLike<number>) =>
        backward(build, {
          m: to - from,
          n,
          dy: c.dy.slice(from * n, to * n),
          w: c.w,
          xhat: c.xhat.slice(from * n, to * n),
          rstd: c.rstd.slice(from, to),
          dw,
          db,
        });
      for (const cut of [1, 3, 5]) {
        const last = piece(cut, 8, c.dw!, c.db!);
        const first = piece(0, cut, last.dw, last.db);
        expectSame(first.dw, whole.dw, `n ${n}, cut ${cut}: dweight`);
        expectSame(first.db, whole.db, `n ${n}, cut ${cut}: dbias`);
        expectSame([...first.dx, ...last.dx], whole.dx, `n ${n}, cut ${cut}: dx`);
      }
    }
  });

  test('a subnormal dx becomes 0', () => {
    const c = backwardShape(2, 9);
    const { dx } = backward(build, { ...c, dy: c.dy.map((v) => fround(v * 2 ** -126)) });
    expect(subnormals(dx)).toBe(0);
    expect(dx.some((v) => v === 0)).toBe(true);
  });
});

test('layer_norm and layer_norm_backward: checked and simd have the same bits', () => {
  for (const n of WIDTHS) {
    const [a, b] = (['checked', 'simd'] as const).map((build) => [
      forward(build, shape(3, n)),
      backward(build, backwardShape(3, n)),
    ]);
    expect(a).toEqual(b);
  }
});

test('checked: a leading dimension below its row is refused', () => {
  const sandbox = new Sandbox('checked', 4096);
  const p = sandbox.output('all', 512);
  const { kernels } = sandbox;
  expect(() => kernels.layer_norm(1, 4, p, 3, p, p, p, 4, 0, 0, 0, 1e-5)).toThrow(/leading dimension/);
  expect(() => kernels.layer_norm_backward(1, 4, p, 4, p, p, p, p, 3, p, 0)).toThrow(/leading dimension/);
});
