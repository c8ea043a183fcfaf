import { doubles } from '../allocate.ts';
import { isFloatArray } from '../arrayKind.ts';
import { integer } from '../check.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { LargePower, multiply, SmallPower } from './powers.ts';

/** Singular value and spectral radius of a matrix. */
export interface Spectrum {
  /** σ_max: the largest factor by which one multiplication scales the norm of a vector. */
  readonly singularValue: number;
  /** ρ = max |λ|: the growth of a vector per multiplication, after many multiplications. */
  readonly spectralRadius: number;
}

/**
 * After k squarings log ρ is off by at most log(C) / 2^k, where ‖A^m‖ <= C·ρ^m: with C = 1e6 by 1e-8 of ρ; a Jordan
 * block of 10, where C grows as m^9, by 2e-7.
 */
const SQUARINGS = 30;
/** Up to this many rows, f64 in JavaScript is used: 30 squarings of 96 rows are 27 million multiplications. */
const SMALL = 96;

/**
 * The largest singular value of a row-major matrix [rows, cols]: the root of the spectral radius of WᵀW (or WWᵀ,
 * where that is smaller). Relative error below 1e-6.
 *
 * @throws {ShapeError} if the matrix has a different length
 * @throws {StateError} before `init()`, if rows and cols are above 96
 */
export function largestSingularValue(
  matrix: Float32Array | Float64Array,
  rows: number,
  cols: number,
): number {
  check(matrix, integer('rows', rows, 1), integer('cols', cols, 1));
  const largest = magnitude(matrix);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  const w = Float64Array.from(matrix, (x) => x / largest);
  const transposed = doubles(w.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) transposed[j * rows + i] = w[i * cols + j]!;
  const n = Math.min(rows, cols);
  const gram = doubles(n * n);
  if (rows < cols) multiply(w, transposed, gram, n, n, cols);
  else multiply(transposed, w, gram, n, n, rows);
  return largest * Math.sqrt(radius(gram, n, 1));
}

/**
 * The largest |λ| of a row-major real matrix [n, n], complex eigenvalues included: the limit of ‖A^m‖^(1/m) (Gelfand
 * 1941) for m = 2^30. Above 96 rows the powers are f32 (relative error below 2e-6 where the eigenvalues are well
 * conditioned).
 *
 * @throws {ShapeError} if the matrix has a different length
 * @throws {StateError} before `init()`, if n is above 96
 */
export function spectralRadius(matrix: Float32Array | Float64Array, n: number): number {
  check(matrix, integer('n', n, 1), n);
  const largest = magnitude(matrix);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  return radius(matrix, n, largest);
}

/**
 * Both measures of each gate's square block of a weight_hh [gates · H, H], in row order.
 *
 * @throws {ShapeError} if the matrix is not a whole number of blocks
 * @throws {StateError} before `init()`, if hiddenSize is above 96
 */
export function gateSpectra(weightHh: Float32Array | Float64Array, hiddenSize: number): Spectrum[] {
  const block = integer('hiddenSize', hiddenSize, 1) ** 2;
  checkFloats('weightHh', weightHh);
  if (weightHh.length === 0 || weightHh.length % block) {
    throw new ShapeError(
      'weightHh',
      `blocks of ${hiddenSize} x ${hiddenSize} numbers`,
      `${weightHh.length} numbers`,
    );
  }
  return Array.from({ length: weightHh.length / block }, (_, gate) => {
    const matrix = weightHh.subarray(gate * block, (gate + 1) * block);
    return {
      singularValue: largestSingularValue(matrix, hiddenSize, hiddenSize),
      spectralRadius: spectralRadius(matrix, hiddenSize),
    };
  });
}

/** ρ of a [n, n], whose powers are of a / scale. */
function radius(a: Float32Array | Float64Array, n: number, scale: number): number {
  let rest = Array.from({ length: n }, (_, i) => i);
  let most = 0;
  // of a row or column with nothing but its diagonal, that is an eigenvalue; powers would lose it (LAPACK's gebal)
  for (let k = 0; k < rest.length; k++) {
    const i = rest[k]!;
    const others = rest.filter((j) => j !== i);
    if (others.some((j) => a[i * n + j]) && others.some((j) => a[j * n + i])) continue;
    most = Math.max(most, Math.abs(a[i * n + i]!));
    rest = others;
    k = -1;
  }
  const left = rest.flatMap((i) => rest.map((j) => a[i * n + j]! / scale));
  return Math.max(most, scale * limit(Float64Array.from(left), rest.length));
}

/** The limit of ‖A^k‖^(1/k). a [n, n] is overwritten. */
function limit(a: Float64Array, n: number): number {
  const power = n <= SMALL ? new SmallPower(a, n) : new LargePower(a, n);
  try {
    const norms: number[] = [];
    for (let k = 0; k <= SQUARINGS; k++) {
      if (k > 0) power.square();
      const norm = power.norm();
      if (norm === 0) return 0;
      norms.push(norm);
      power.divide(norm);
    }
    // ‖A^(2^k)‖^(2^−k) = s0 · √(s1 · √(s2 · …)): only roots, for the same bits on every engine
    return norms.reduceRight((inner, norm) => norm * Math.sqrt(inner), 1);
  } finally {
    power.dispose();
  }
}

function check(matrix: Float32Array | Float64Array, rows: number, cols: number): void {
  checkFloats('matrix', matrix);
  if (matrix.length !== rows * cols) {
    throw new ShapeError('matrix', `${rows} x ${cols} numbers`, `${matrix.length} numbers`);
  }
}

function checkFloats(name: string, matrix: unknown): void {
  if (!isFloatArray(matrix)) throw new ArgumentError(name, 'a Float32Array or Float64Array', matrix);
}

/** The largest |x|; NaN if any element is NaN. */
function magnitude(matrix: Float32Array | Float64Array): number {
  let largest = 0;
  for (const x of matrix) {
    if (Number.isNaN(x)) return Number.NaN;
    largest = Math.max(largest, Math.abs(x));
  }
  return largest;
}
