import { number } from '../check.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { Generator } from './generator.ts';

/**
 * Fills a parameter of a shape. Only + − × ÷ √ and the integer generator, so that the bits are the same on every
 * engine.
 */
export type Initializer = (shape: readonly number[], generator: Generator) => Float32Array;

/** @throws {ArgumentError} unless value is undefined or may be an initializer */
export function initializer(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new ArgumentError(name, 'an initializer such as uniform(0.1)', value);
  }
}

/**
 * Uniform in ±bound, or in low..high. torch.nn's default for recurrent and linear layers is ±1/√hiddenSize,
 * ±1/√inFeatures.
 *
 * @throws {ArgumentError} a bound that is negative or not finite, low above high
 */
export function uniform(bound: number): Initializer;
/** Uniform in low..high. @throws {ArgumentError} a bound that is not finite, low above high */
export function uniform(low: number, high: number): Initializer;
export function uniform(low: number, high?: number): Initializer {
  if (high === undefined) {
    number('bound', low, 0);
    return (shape, generator) => fill(shape, () => (2 * generator.uniform() - 1) * low);
  }
  number('low', low);
  number('high', high, low);
  return (shape, generator) => fill(shape, () => low + generator.uniform() * (high - low));
}

/**
 * Mean 0, standard deviation `std` (Irwin–Hall, see {@link Generator.normal}): torch.nn's default for embeddings, std 1.
 * @throws {ArgumentError} a std that is negative or not finite
 */
export function normal(std = 1): Initializer {
  number('std', std, 0);
  return (shape, generator) => fill(shape, () => generator.normal() * std);
}

/** Every element the same. @throws {ArgumentError} a value that is not finite */
export function constant(value: number): Initializer {
  number('value', value);
  return (shape) => fill(shape, () => value);
}

/**
 * Uniform in ±gain·√(6 / (rows + columns)) (Glorot & Bengio 2010), as torch.nn.init.xavier_uniform_.
 * @throws {ArgumentError} a gain that is negative or not finite
 * @throws {ShapeError} once it fills a parameter that is no matrix
 */
export function glorot(gain = 1): Initializer {
  number('gain', gain, 0);
  return (shape, generator) => {
    const [rows, columns] = matrix('glorot', shape);
    return uniform(gain * Math.sqrt(6 / (rows + columns)))(shape, generator);
  };
}

/**
 * A random matrix with orthonormal columns, or rows where there are fewer rows, times gain (Saxe et al. 2014), as
 * torch.nn.init.orthogonal_: Gram–Schmidt in f64 of normal vectors.
 *
 * @throws {ArgumentError} a gain that is not finite
 * @throws {ShapeError} once it fills a parameter that is no matrix
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
    const out = new Float32Array(rows * columns);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < length; j++) {
        out[rows >= columns ? j * columns + i : i * columns + j] = vectors[i]![j]! * gain;
      }
    }
    return out;
  };
}

/**
 * `scale` times the identity in every gate's square block (Le, Jaitly & Hinton 2015 for a ReLU RNN).
 * @throws {ArgumentError} a scale that is not finite
 * @throws {ShapeError} once it fills a parameter that is not made of square blocks
 */
export function identity(scale = 1): Initializer {
  number('scale', scale);
  return (shape) => {
    const [rows, columns] = matrix('identity', shape);
    if (rows % columns) throw new ShapeError('identity', 'square blocks, one a gate', shape);
    const out = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) out[i * columns + (i % columns)] = scale;
    return out;
  };
}

/** Modified Gram–Schmidt, in place. */
function orthonormalize(vectors: Float64Array[]): void {
  for (let i = 0; i < vectors.length; i++) {
    const v = vectors[i]!;
    const scale = 1 / Math.sqrt(dot(v, v));
    for (let j = 0; j < v.length; j++) v[j]! *= scale;
    for (let k = i + 1; k < vectors.length; k++) {
      const w = vectors[k]!;
      const along = dot(v, w);
      for (let j = 0; j < v.length; j++) w[j]! -= along * v[j]!;
    }
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

function fill(shape: readonly number[], value: () => number): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value);
}

function matrix(name: string, shape: readonly number[]): [number, number] {
  if (shape.length !== 2) throw new ShapeError(name, 'a matrix', shape);
  return [shape[0]!, shape[1]!];
}
