import { arrayKind, isFloatArray, isNumberArray } from './arrayKind.ts';
import { isIndex, isSize, unreadable } from './check.ts';
import { ArgumentError, ShapeError, showShape } from './errors.ts';
import { settledList } from './settled.ts';

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

/** Numbers per step and row. */
export function widthOf({ kind, size }: Signal): number {
  return kind === 'indices' ? 1 : size;
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
  signal: Signal,
  batch = 1,
  into: Sequence = { data: [], steps: 0, batch: 0 },
): Sequence {
  try {
    return read(name, given, signal, batch, into);
  } catch (error) {
    throw unreadable(name, given, error);
  }
}

// Each property is read once, and nothing is allocated but for an error: a training step reads x and y.

function read(name: string, given: Given, signal: Signal, batch: number, into: Sequence): Sequence {
  const { kind, size } = signal;
  const bare = isList(given);
  const { data: from, shape } = (bare ? BARE : (given ?? BARE)) as Partial<NDArray>;
  const data = numbersOf(name, given, bare ? given : from, shape, signal);
  if (kind === 'indices') integers(name, data);
  const width = widthOf(signal);
  let steps = data.length / (batch * width);
  let rows = batch;
  if (bare) {
    if (!steps) throw new ShapeError(name, `${text(signal)} with at least one step`, 'no numbers');
    if (!Number.isInteger(steps)) {
      throw new ShapeError(name, `a multiple of ${batch * width} numbers (batch ${batch})`, `${data.length}`);
    }
  } else {
    const list = shapeOf(name, shape, signal);
    steps = list[0]!;
    rows = list[1]!;
    const own = kind === 'indices' ? list.length === 2 : list.length === 3 && list[2] === size;
    if (!own || !isSize(steps) || !isSize(rows)) throw new ShapeError(name, text(signal), list);
    if (!steps || !rows) {
      throw new ShapeError(name, `${text(signal)} with at least one step and one row`, list);
    }
    sameLength(name, data, steps * rows * width, list);
  }
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
  try {
    const bare = isList(given);
    const { data: from, shape } = (bare ? BARE : (given ?? BARE)) as Partial<NDArray>;
    const data = numbersOf(name, given, bare ? given : from, shape, wanted);
    const list = bare ? wanted : shapeOf(name, shape, wanted);
    let same = list.length === wanted.length;
    let length = 1;
    for (let i = 0; i < wanted.length; i++) {
      same &&= list[i] === wanted[i];
      length *= wanted[i]!;
    }
    if (!same) throw new ShapeError(name, text(wanted), list);
    sameLength(name, data, length, wanted);
    return data;
  } catch (error) {
    throw unreadable(name, given, error);
  }
}

/** Numbers without a shape. */
const BARE: Partial<NDArray> = {};

type Wanted = Signal | readonly number[];

/** The shape that is wanted, for errors. */
function text(wanted: Wanted): string {
  if (!('kind' in wanted)) return showShape(wanted);
  return wanted.kind === 'indices' ? '[steps, batch]' : `[steps, batch, ${wanted.size}]`;
}

/** Checked numbers: a copy, where another read could give other ones. */
function numbersOf(name: string, given: unknown, from: unknown, shape: unknown, wanted: Wanted): Numbers {
  const at = given === from ? '' : '.data';
  if (!isList(from)) {
    const expected = `{ data, shape: ${text(wanted)} } or a bare array`;
    if (from === undefined && shape === undefined) throw new ArgumentError(name, expected, given);
    throw from === undefined
      ? missing(name, 'data')
      : new ArgumentError(name + at, 'an array of numbers', from);
  }
  const list = settledList(from);
  const bad = notNumber(list);
  if (bad < 0) return list as Numbers;
  throw arrayKind(list)
    ? new ArgumentError(name + at, 'numbers', list)
    : new ArgumentError(`${name}${at}[${bad}]`, 'a number', list[bad]);
}

function shapeOf(name: string, shape: unknown, wanted: Wanted): readonly number[] {
  if (shape === undefined) throw missing(name, `shape ${text(wanted)}`);
  if (!Array.isArray(shape)) throw new ArgumentError(`${name}.shape`, text(wanted), shape);
  return shape;
}

function missing(name: string, what: string): ArgumentError {
  return new ArgumentError(name, '', undefined, { message: `${name}: ${what} is missing` });
}

/** Whether it is an array or a typed array, of any element type. */
function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || arrayKind(value) !== undefined;
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
    if (!isIndex(data[i])) throw new ArgumentError(`${name}[${i}]`, 'a 32-bit integer', data[i]);
  }
}

function sameLength(name: string, data: Numbers, length: number, shape: readonly number[]): void {
  if (data.length !== length) {
    throw new ShapeError(name, `${length} numbers for ${showShape(shape)}`, `${data.length}`);
  }
}
