import { floats, integers } from '../allocate.ts';
import { isFloatArray, isNumberArray } from '../arrayKind.ts';
import { isIndex, isSize } from '../check.ts';
import { ArgumentError, reading, ShapeError } from '../errors.ts';
import type { NDArray } from '../ndarray.ts';
import { checkNumbers } from './checkNumbers.ts';

/** A sequence: indices [T] as an integer array or plain array; features [T, F] with a shape, or [T] as Float32Array. */
export type SequenceLike = ArrayLike<number> | NDArray<ArrayLike<number>>;

/** Sequences of different lengths as one batch. */
export interface Padded {
  /** [T, B] indices, or [T, B, F] features; 0 where a sequence has ended. T is the longest length. */
  readonly x: NDArray<Int32Array<ArrayBuffer>> | NDArray<Float32Array<ArrayBuffer>>;
  /** [B] lengths, for `step(x, y, { lengths })`. */
  readonly lengths: Int32Array<ArrayBuffer>;
}

/**
 * Pads sequences to the longest one. Float arrays and arrays with a shape [T, F] are features, all others indices.
 * @throws {ArgumentError} if there are no sequences, all are empty, or one is not a sequence
 * @throws {ShapeError} if their numbers of features differ
 */
export function pad(sequences: readonly SequenceLike[]): Padded {
  const list = reading('sequences', sequences, () => Array.isArray(sequences) && [...sequences]);
  if (!list || list.length === 0) throw new ArgumentError('sequences', 'at least one sequence', sequences);
  return padNamed(
    list.map((_, i) => `sequences[${i}]`),
    list,
  );
}

/** As `pad`; names: those of the sequences in errors. */
export function padNamed(names: readonly string[], sequences: readonly SequenceLike[]): Padded {
  const read = sequences.map((sequence, i) => readOne(names[i]!, sequence));
  const width = read[0]!.width;
  for (const [i, { width: other }] of read.entries()) {
    if (other !== width) throw new ShapeError(names[i]!, `${text(width)}, as the first`, text(other));
  }
  const lengths = Int32Array.from(read, ({ steps }) => steps);
  const T = lengths.reduce((most, steps) => Math.max(most, steps));
  if (T === 0) throw new ArgumentError(names[0]!, 'at least one step', []);
  const B = read.length;
  const size = width ?? 1;
  const data = width === undefined ? integers(T * B) : floats(T * B * size);
  for (const [b, { values }] of read.entries()) {
    for (let i = 0; i < values.length; i++)
      data[(Math.floor(i / size) * B + b) * size + (i % size)] = values[i]!;
  }
  const shape = width === undefined ? [T, B] : [T, B, size];
  return { x: { data, shape } as Padded['x'], lengths };
}

interface Read {
  readonly values: ArrayLike<number>;
  readonly steps: number;
  /** Features; undefined for indices. */
  readonly width: number | undefined;
}

function readOne(name: string, given: SequenceLike): Read {
  const { data, shape } = (given ?? {}) as NDArray<ArrayLike<number>>;
  const values = shape === undefined ? (given as ArrayLike<number>) : data;
  if (!isNumberArray(values) && !Array.isArray(values))
    throw new ArgumentError(name, 'an array of numbers', given);
  if (shape === undefined) {
    const width = isFloatArray(values) ? 1 : undefined;
    if (!width) checkIndices(values, 'an index', (i) => `${name}[${i}]`);
    return { values, steps: values.length, width };
  }
  checkNumbers(`${name}.data`, values);
  if (!Array.isArray(shape)) throw new ArgumentError(`${name}.shape`, '[T, F]', shape);
  const [steps, width] = shape;
  const fits = shape.length === 2 && shape.every(isSize) && width! > 0;
  if (!fits || steps! * width! !== values.length)
    throw new ShapeError(name, `[T, F] of ${values.length} numbers`, shape);
  return { values, steps: steps!, width };
}

/** @throws {ArgumentError} unless all are integers of 32 bits; nameOf: the name of one in errors */
export function checkIndices(
  values: ArrayLike<unknown>,
  expected: string,
  nameOf: (i: number) => string,
): void {
  for (let i = 0; i < values.length; i++) {
    if (!isIndex(values[i])) throw new ArgumentError(nameOf(i), expected, values[i]);
  }
}

function text(width: number | undefined): string {
  return width === undefined ? 'indices' : `${width} features`;
}
