import { arrayKind, isFloatArray, isNumberArray } from './arrayKind.ts';
import { unreadable } from './check.ts';
import { ArgumentError, ShapeError, showShape } from './errors.ts';
import { settled } from './settled.ts';

/** Numbers in row-major order with a shape. */
export interface NDArray<A extends ArrayLike<number> = Float32Array<ArrayBuffer>> {
  /** Elements; as many as the product of the shape. */
  readonly data: A;
  /** Dimensions, the fastest last. */
  readonly shape: readonly number[];
}

/** Any array of numbers. */
export type Numbers = ArrayLike<number>;
/** Numbers with a shape, or a bare array, which has one dimension fewer (a batch of one). Row-major. */
export type Given = NDArray<ArrayLike<number>> | ArrayLike<number>;

/** The kind of value at each step of each row: an index below `size`, or `size` features. */
export interface Signal {
  /** Which of the two. */
  readonly kind: 'indices' | 'features';
  /** Number of indices or features. */
  readonly size: number;
}

/** A checked sequence: [T, B] indices, or [T, B, F] features. */
export interface Sequence {
  data: Numbers;
  steps: number;
  batch: number;
}

/**
 * Reads a time-major sequence: { data, shape } with [T, B] indices or [T, B, F] features, or a bare array of T steps
 * of `batch` rows (default 1). Overwrites and returns `into` if given, so that a training step does not allocate.
 *
 * @throws {ArgumentError} if it is not an array of numbers, or indices are not integers
 * @throws {ShapeError} if the rank is wrong, the length is not the product of the shape, or a dimension is 0
 */
export function readSequence(
  name: string,
  given: Given,
  { kind, size }: Signal,
  batch = 1,
  into: Sequence = { data: [], steps: 0, batch: 0 },
): Sequence {
  const wanted = () => (kind === 'indices' ? '[steps, batch]' : `[steps, batch, ${size}]`);
  const width = kind === 'indices' ? 1 : size;
  const { data, shape } = readArray(name, given, wanted, kind === 'indices');
  if (!shape) {
    const row = batch * width;
    if (data.length === 0) throw new ShapeError(name, `${wanted()} with at least one step`, 'no numbers');
    if (data.length % row) {
      throw new ShapeError(name, `a multiple of ${row} numbers (batch ${batch})`, `${data.length}`);
    }
    into.data = data;
    into.steps = data.length / row;
    into.batch = batch;
    return into;
  }
  const rank = kind === 'indices' ? 2 : 3;
  if (shape.length !== rank || (rank === 3 && shape[2] !== size)) throw new ShapeError(name, wanted(), shape);
  const steps = shape[0]!;
  const rows = shape[1]!;
  if (steps < 1 || rows < 1)
    throw new ShapeError(name, `${wanted()} with at least one step and one row`, shape);
  sameLength(name, data, shape);
  into.data = data;
  into.steps = steps;
  into.batch = rows;
  return into;
}

/**
 * Reads numbers with exactly this shape; a bare array only needs the right length.
 *
 * @throws {ArgumentError} if it is not an array of numbers
 * @throws {ShapeError} if the shape or length does not match
 */
export function readShaped(name: string, given: Given, wanted: readonly number[]): Numbers {
  const { data, shape } = readArray(name, given, () => showShape(wanted));
  if (shape && (shape.length !== wanted.length || shape.some((n, i) => n !== wanted[i]))) {
    throw new ShapeError(name, showShape(wanted), shape);
  }
  sameLength(name, data, wanted);
  return data;
}

// messages are only created for an error, so that a training step creates no strings

function readArray(name: string, from: Given, wanted: () => string, whole = false) {
  try {
    const given = settled(from);
    const data = dataOf(name, given, wanted);
    const shape = shapeOf(name, given, wanted);
    if (whole) integers(name, data);
    return { data, shape };
  } catch (error) {
    throw unreadable(name, from, error);
  }
}

function dataOf(name: string, given: Given, wanted: () => string): Numbers {
  if (isList(given)) return numbers(name, given);
  const { data, shape } = record(name, given, wanted);
  if (isList(data)) return numbers(`${name}.data`, data);
  const expected = `{ data, shape: ${wanted()} } or a bare array`;
  if (data === undefined && shape === undefined) throw new ArgumentError(name, expected, given);
  throw data === undefined
    ? missing(name, 'data')
    : new ArgumentError(`${name}.data`, 'an array of numbers', data);
}

function shapeOf(name: string, given: Given, wanted: () => string): readonly number[] | undefined {
  if (isList(given)) return undefined;
  const { shape } = record(name, given, wanted);
  if (shape === undefined) throw missing(name, `shape ${wanted()}`);
  if (!Array.isArray(shape)) throw new ArgumentError(`${name}.shape`, wanted(), shape);
  for (let i = 0; i < shape.length; i++) {
    if (!Number.isSafeInteger(shape[i]) || shape[i]! < 0) throw new ShapeError(name, wanted(), shape);
  }
  return shape;
}

function record(name: string, given: unknown, wanted: () => string): { data?: unknown; shape?: unknown } {
  if (typeof given === 'object' && given !== null) return given;
  throw new ArgumentError(name, `{ data, shape: ${wanted()} } or a bare array`, given);
}

function missing(name: string, what: string): ArgumentError {
  return new ArgumentError(name, '', undefined, { message: `${name}: ${what} is missing` });
}

/** Whether it is an array or a typed array, of any element type. */
function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || arrayKind(value) !== undefined;
}

/** @throws {ArgumentError} if it has bigints or an element that is not a number */
function numbers(name: string, list: ArrayLike<unknown>): Numbers {
  const bad = notNumber(list);
  if (bad >= 0 && arrayKind(list)) throw new ArgumentError(name, 'numbers', list);
  if (bad >= 0) throw new ArgumentError(`${name}[${bad}]`, 'a number', list[bad]);
  return list as Numbers;
}

/** Index of the first element that is not a number (or is a hole); -1 if there is none. */
function notNumber(list: ArrayLike<unknown>): number {
  if (Array.isArray(list)) return list.findIndex((v) => typeof v !== 'number');
  return isNumberArray(list) || list.length === 0 ? -1 : 0;
}

/** Whether it can be an array of numbers: an array (elements are not read), or a typed array except of bigints. */
export function mayBeNumbers(value: unknown): value is Numbers {
  try {
    return Array.isArray(value) || isNumberArray(value);
  } catch {
    // a revoked Proxy
    return false;
  }
}

/** Length of an array or typed array, without reading elements; 0 for anything else. */
export function lengthOf(value: unknown): number {
  if (!mayBeNumbers(value)) return 0;
  try {
    return value.length;
  } catch (error) {
    throw unreadable('input', value, error);
  }
}

/** Whether it is an array of numbers, or a typed array except of bigints. */
export function isNumbers(value: unknown): value is Numbers {
  try {
    return isList(value) && notNumber(value) < 0;
  } catch {
    // a Proxy that throws
    return false;
  }
}

function integers(name: string, data: Numbers): void {
  if (isFloatArray(data)) throw new ArgumentError(name, 'integers (Int32Array)', data);
  // elements of other typed arrays fit in 32 bits
  if (!Array.isArray(data) && arrayKind(data) !== 'Uint32Array') return;
  for (let i = 0; i < data.length; i++) {
    if ((data[i]! | 0) !== data[i]) throw new ArgumentError(`${name}[${i}]`, 'a 32-bit integer', data[i]);
  }
}

function sameLength(name: string, data: Numbers, shape: readonly number[]): void {
  let length = 1;
  for (let i = 0; i < shape.length; i++) length *= shape[i]!;
  if (data.length !== length) {
    throw new ShapeError(name, `${length} numbers for ${showShape(shape)}`, `${data.length}`);
  }
}
