import { beforeAll, describe, expect, test } from 'vitest';
import { gateSpectra, largestSingularValue, spectralRadius } from '../../src/diagnostics/spectrum.ts';
import { Generator, init, orthogonal, ShapeError } from '../../src/index.ts';
import { expectThrows } from '../errors.ts';
import { thorough } from '../thorough.ts';

beforeAll(() => init({ kernels: 'simd' }));

type Rows = Float64Array[];

/** Cases by their first number, the rows: in `npm test` without the large ones. */
const small = <T extends readonly [number, ...unknown[]]>(cases: T[]) =>
  cases.filter(([rows]) => thorough || rows < 140);

const flat = (rows: Rows) => Float64Array.from(rows.flatMap((row) => [...row]));
const square = (n: number, value: (i: number, j: number) => number): Rows =>
  Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => value(i, j)));

function product(a: Rows, b: Rows): Rows {
  return a.map((row) => {
    const out = new Float64Array(b[0]!.length);
    row.forEach((x, k) => {
      for (let j = 0; j < out.length; j++) out[j]! += x * b[k]![j]!;
    });
    return out;
  });
}

/** The product from the left by I + u·vᵀ and from the right by its inverse I − u·vᵀ, where v·u is 0. */
function sheared(a: Rows, generator: Generator): Rows {
  const n = a.length;
  const u = Float64Array.from({ length: n }, (_, i) => (i % 2 ? 0 : generator.normal() / Math.sqrt(n)));
  const v = Float64Array.from({ length: n }, (_, i) => (i % 2 ? generator.normal() / Math.sqrt(n) : 0));
  const q = square(n, (i, j) => (i === j ? 1 : 0) + u[i]! * v[j]!);
  const inverse = square(n, (i, j) => (i === j ? 1 : 0) - u[i]! * v[j]!);
  return product(product(q, a), inverse);
}

/** A real matrix with eigenvalues modulus·e^(±i·angle) in blocks of 2 (a real one last where n is odd). */
function blocks(moduli: readonly number[], angles: readonly number[], n: number): Rows {
  return square(n, (i, j) => {
    const k = i >> 1;
    if (k !== j >> 1) return 0;
    const r = moduli[k]!;
    if (2 * k === n - 1) return r;
    if (i === j) return r * Math.cos(angles[k]!);
    return r * Math.sin(angles[k]!) * (i < j ? -1 : 1);
  });
}

/** A dense matrix with orthonormal columns in f64: two reflections I − 2·w·wᵀ. */
function turn(a: Rows, generator: Generator, both = true): Rows {
  const n = a.length;
  const w = Float64Array.from({ length: n }, () => generator.normal());
  const scale = 2 / w.reduce((sum, x) => sum + x * x, 0);
  const h = square(n, (i, j) => (i === j ? 1 : 0) - scale * w[i]! * w[j]!);
  const left = product(h, a);
  return both ? product(left, h) : left;
}

function expectNear(got: number, want: number, relative: number): void {
  expect(Math.abs(got / want - 1), `${got} for ${want}`).toBeLessThan(relative);
}

describe('spectralRadius', () => {
  test.each([0.1, 1, Math.PI / 2, 3])('a rotation by %d has 1, times r has r', (angle) => {
    const rotation = flat(blocks([1], [angle], 2));
    expectNear(spectralRadius(rotation, 2), 1, 1e-9);
    expectNear(
      spectralRadius(
        rotation.map((x) => x * 7.5e-9),
        2,
      ),
      7.5e-9,
      1e-9,
    );
  });

  test.each([2, 5, 10])('a Jordan block of %d', (n) => {
    const jordan = flat(square(n, (i, j) => (i === j ? 0.9 : j === i + 1 ? 1 : 0)));
    expectNear(spectralRadius(jordan, n), 0.9, 1e-6);
  });

  test.each([30, 64, 97, 130])('far from normal: %d rows that are triangular but for their order', (n) => {
    const order = Array.from({ length: n }, (_, i) => (i * 7) % n);
    const mixed = (of: (i: number, j: number) => number) =>
      flat(square(n, (i, j) => of(order[i]!, order[j]!)));
    // eigenvalues are the diagonal's, as numpy.linalg.eigvals has them
    expect(
      spectralRadius(
        mixed((i, j) => (i === j ? 0.5 : j > i ? 0.1 : 0)),
        n,
      ),
    ).toBeCloseTo(0.5, 12);
    expect(
      spectralRadius(
        mixed((i, j) => (i === j ? 0.9 : j === i + 1 ? 1 : 0)),
        n,
      ),
    ).toBeCloseTo(0.9, 12);
    const [c, s] = [0.8 * Math.cos(1), 0.8 * Math.sin(1)];
    const turn = (i: number, j: number) => (i === j ? c : i < j ? -s : s);
    const both = mixed((i, j) => (i < 2 && j < 2 ? turn(i, j) : i === j ? 0.5 : j > i ? 1 : 0));
    expectNear(spectralRadius(both, n), 0.8, 1e-6);
  });

  test.each([3, 96, 97, 128])('0 of zeros and of a nilpotent matrix of %d', (n) => {
    expect(spectralRadius(new Float32Array(n * n), n)).toBe(0);
    expect(spectralRadius(flat(square(n, (i, j) => (j === i + 1 ? 1 : 0))), n)).toBe(0);
  });

  test('1 x 1, a sign, the largest and smallest numbers', () => {
    for (const x of [3, -3, 1e-300, 1e300]) {
      expectNear(spectralRadius(Float64Array.of(x), 1), Math.abs(x), 1e-15);
    }
    // λ = ±√(1 · 1e-40)
    expectNear(spectralRadius(Float64Array.of(0, 1, 1e-40, 0), 2), 1e-20, 1e-9);
  });

  test.each(
    small([
      [5, 1e-7],
      [64, 1e-7],
      [96, 1e-7],
      [97, 2e-6],
      [300, 2e-6],
    ]),
  )('complex pairs in a dense matrix of %d, far from normal', (n, relative) => {
    const generator = new Generator(n);
    const half = (n + 1) >> 1;
    const moduli = Array.from({ length: half }, () => generator.uniform());
    const largest = Math.max(...moduli);
    const angles = moduli.map(() => 6 * generator.uniform());
    const a = sheared(turn(blocks(moduli, angles, n), generator), generator);
    expectNear(spectralRadius(flat(a), n), largest, relative);
  });

  test.each(small([[8], [96], [97], [300]]))('an orthogonal matrix of %d, times 1.5', (n) => {
    const matrix = orthogonal(1.5)([n, n], new Generator(n));
    expectNear(spectralRadius(matrix, n), 1.5, 2e-6);
    expectNear(largestSingularValue(matrix, n, n), 1.5, 2e-6);
  });

  test('the same on both ways, which meet at 96 rows', () => {
    const generator = new Generator(4);
    const small = square(96, () => generator.uniform() - 0.5);
    const padded = square(97, (i, j) => small[i]?.[j] ?? 0);
    expectNear(spectralRadius(flat(padded), 97), spectralRadius(flat(small), 96), 1e-6);
  });

  test('not finite where the matrix is not', () => {
    expect(spectralRadius(Float32Array.of(1, Number.NaN, 0, 1), 2)).toBeNaN();
    expect(spectralRadius(Float32Array.of(1, 0, Number.NEGATIVE_INFINITY, 1), 2)).toBe(Infinity);
  });

  test('refuses another length', () => {
    expect(() => spectralRadius(new Float32Array(5), 2)).toThrow(ShapeError);
    expectThrows(() => spectralRadius(new Float32Array(5), 2), ['matrix', '2 x 2', '5'], ShapeError);
  });
});

describe('largestSingularValue', () => {
  test.each(
    small([
      [1, 7],
      [7, 1],
      [20, 130],
      [130, 20],
      [150, 120],
      [300, 300],
    ]),
  )('U·diag(s)·V of %d x %d', (rows, cols) => {
    const generator = new Generator(rows + cols);
    const n = Math.max(rows, cols);
    const s = Float64Array.from({ length: n }, (_, i) =>
      i < Math.min(rows, cols) ? generator.uniform() : 0,
    );
    // reflections of the rows and of the columns alone, so that what lies outside rows x cols stays 0
    const inner = Array.from({ length: rows }, (_, i) =>
      Float64Array.from({ length: cols }, (_, j) => (i === j ? s[i]! : 0)),
    );
    const left = turn(inner, generator, false);
    const transposed = Array.from({ length: cols }, (_, j) => Float64Array.from(left, (row) => row[j]!));
    const dense = turn(transposed, generator, false);
    expectNear(largestSingularValue(flat(dense), cols, rows), Math.max(...s), 1e-6);
  });

  test('two equal ones, and the vector of ones among the others', () => {
    expectNear(largestSingularValue(Float64Array.of(2, 0, 0, 2), 2, 2), 2, 1e-9);
    expectNear(largestSingularValue(Float64Array.of(2, -1, -1, 2), 2, 2), 3, 1e-9);
  });

  test('a Jordan block of 0.5: above 1 though the spectral radius is 0.5', () => {
    // WᵀW = [[0.25, 0.5], [0.5, 1.25]] has λ = 0.75 ± √0.5
    expectNear(
      largestSingularValue(Float64Array.of(0.5, 1, 0, 0.5), 2, 2),
      Math.sqrt(0.75 + Math.sqrt(0.5)),
      1e-9,
    );
  });

  test('zeros, and what is not finite', () => {
    expect(largestSingularValue(new Float32Array(6), 2, 3)).toBe(0);
    expect(largestSingularValue(Float32Array.of(1, Infinity), 1, 2)).toBe(Infinity);
    expect(largestSingularValue(Float32Array.of(1, Number.NaN), 1, 2)).toBeNaN();
  });
});

describe('gateSpectra', () => {
  test('a block a gate, in the order of the rows', () => {
    const two = Float32Array.of(2, 0, 0, 1, 0, -3, 3, 0);
    const [first, second] = gateSpectra(two, 2);
    expectNear(first!.singularValue, 2, 1e-8);
    expectNear(first!.spectralRadius, 2, 1e-8);
    expectNear(second!.spectralRadius, 3, 1e-8);
    expect(gateSpectra(two, 2)).toHaveLength(2);
  });

  test('refuses part of a block', () => {
    expectThrows(() => gateSpectra(new Float32Array(6), 2), ['weightHh', '2 x 2'], ShapeError);
  });
});
