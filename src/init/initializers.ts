import { elements, floats } from '../allocate.ts';
import { callable, number } from '../check.ts';
import { ShapeError } from '../errors.ts';
import type { Generator } from './generator.ts';

/**
 * Fills a parameter of the given shape. Uses only + − × ÷ √ and the integer generator, so the bits are the same on
 * every engine.
 */
export type Initializer = (shape: readonly number[], generator: Generator) => Float32Array;

/** @throws {ArgumentError} unless value is an initializer */
export function initializer(name: string, value: unknown): void {
  callable(name, value, 'an initializer such as uniform(0.1)');
}

/**
 * Uniform in ±bound, or in low..high. torch.nn's default for recurrent and linear layers is ±1/√hiddenSize,
 * ±1/√inFeatures.
 *
 * @throws {ArgumentError} if bound is negative or not finite, or low is above high
 */
export function uniform(bound: number): Initializer;
/** Uniform in low..high. @throws {ArgumentError} if low or high is not finite, or low is above high */
export function uniform(low: number, high: number): Initializer;
export function uniform(low: number, high?: number): Initializer {
  if (high === undefined) {
    number('bound', low, 0);
    return (shape, generator) => draw(shape, generator, 1, 0.5, 2 * low);
  }
  number('low', low);
  number('high', high, low);
  return (shape, generator) => draw(shape, generator, 1, 0, high - low, low);
}

/**
 * Mean 0, standard deviation `std` (Irwin–Hall, see {@link Generator.normal}): torch.nn's default for embeddings, std
 * 1.
 * @throws {ArgumentError} if std is negative or not finite
 */
export function normal(std = 1): Initializer {
  number('std', std, 0);
  return (shape, generator) => draw(shape, generator, 12, 6, std);
}

/** Fills with a constant. @throws {ArgumentError} if value is not finite */
export function constant(value: number): Initializer {
  number('value', value);
  return (shape) => floats(elements(shape)).fill(value);
}

/**
 * Uniform in ±gain·√(6 / (rows + columns)) (Glorot & Bengio 2010), as torch.nn.init.xavier_uniform_.
 * @throws {ArgumentError} if gain is negative or not finite
 * @throws {ShapeError} when it is applied to a parameter that is not a matrix
 */
export function glorot(gain = 1): Initializer {
  number('gain', gain, 0);
  return (shape, generator) => {
    const [rows, columns] = matrix('glorot', shape);
    return uniform(gain * Math.sqrt(6 / (rows + columns)))(shape, generator);
  };
}

/**
 * A random matrix with orthonormal columns, or rows if there are fewer rows, times gain (Saxe et al. 2014), as
 * torch.nn.init.orthogonal_. Gram–Schmidt on normal vectors, in f64.
 *
 * @throws {ArgumentError} if gain is not finite
 * @throws {ShapeError} when it is applied to a parameter that is not a matrix
 */
export function orthogonal(gain = 1): Initializer {
  number('gain', gain);
  return (shape, generator) => {
    const [rows, columns] = matrix('orthogonal', shape);
    const count = Math.min(rows, columns);
    const length = Math.max(rows, columns);
    const vectors = Array.from({ length: count }, () =>
      Float64Array.from({ length }, () => generator.normal()),
    );
    orthonormalize(vectors);
    const out = floats(rows * columns);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < length; j++) {
        out[rows >= columns ? j * columns + i : i * columns + j] = vectors[i]![j]! * gain;
      }
    }
    return out;
  };
}

/**
 * `scale` times the identity in each gate's square block (Le, Jaitly & Hinton 2015 for a ReLU RNN).
 * @throws {ArgumentError} if scale is not finite
 * @throws {ShapeError} when it is applied to a parameter that does not consist of square blocks
 */
export function identity(scale = 1): Initializer {
  number('scale', scale);
  return (shape) => {
    const [rows, columns] = matrix('identity', shape);
    if (rows % columns) throw new ShapeError('identity', 'one square block per gate', shape);
    const out = floats(rows * columns);
    for (let i = 0; i < rows; i++) out[i * columns + (i % columns)] = scale;
    return out;
  };
}

/**
 * Modified Gram–Schmidt, in place. Each vector is projected out of four others at a time, so their sums run in
 * parallel.
 */
function orthonormalize(vectors: Float64Array[]): void {
  for (let i = 0; i < vectors.length; i++) {
    const v = vectors[i]!;
    const scale = 1 / Math.sqrt(dot(v, v));
    for (let j = 0; j < v.length; j++) v[j]! *= scale;
    let k = i + 1;
    for (; k + 4 <= vectors.length; k += 4) {
      subtractAlong4(v, vectors[k]!, vectors[k + 1]!, vectors[k + 2]!, vectors[k + 3]!);
    }
    for (; k < vectors.length; k++) {
      const w = vectors[k]!;
      const along = dot(v, w);
      for (let j = 0; j < v.length; j++) w[j]! -= along * v[j]!;
    }
  }
}

function subtractAlong4(
  v: Float64Array,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
): void {
  let [va, vb, vc, vd] = [0, 0, 0, 0];
  for (let j = 0; j < v.length; j++) {
    const x = v[j]!;
    va += x * a[j]!;
    vb += x * b[j]!;
    vc += x * c[j]!;
    vd += x * d[j]!;
  }
  for (let j = 0; j < v.length; j++) {
    const x = v[j]!;
    a[j]! -= va * x;
    b[j]! -= vb * x;
    c[j]! -= vc * x;
    d[j]! -= vd * x;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

/** Each number: base + (sum − offset) · factor, where sum is that of `terms` draws; sum − offset is exact. */
function draw(
  shape: readonly number[],
  generator: Generator,
  terms: number,
  offset: number,
  factor: number,
  base = -0,
): Float32Array {
  const out = floats(elements(shape));
  generator.fill(out, terms, offset, factor, base);
  return out;
}

function matrix(name: string, shape: readonly number[]): [number, number] {
  if (shape.length !== 2) throw new ShapeError(name, 'a matrix', shape);
  return [shape[0]!, shape[1]!];
}
