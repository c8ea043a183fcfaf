import { ArgumentError, ShapeError, showShape } from './errors.ts';

/** Numbers in row-major order, and their shape. */
export interface NDArray<A extends ArrayLike<number> = Float32Array<ArrayBuffer>> {
  /** As many as the product of the shape. */
  readonly data: A;
  /** Sizes of the dimensions, the fastest last. */
  readonly shape: readonly number[];
}

/** Any array of numbers. */
export type Numbers = ArrayLike<number>;
/** Numbers with a shape, or bare numbers of one dimension fewer: a batch of one. Row-major. */
export type Given = NDArray<ArrayLike<number>> | ArrayLike<number>;

/** What a layer takes or gives at each step of each row: an index below `size`, or `size` features. */
export interface Signal {
  /** Which of the two. */
  readonly kind: 'indices' | 'features';
  /** Indices there are, or features. */
  readonly size: number;
}

/** A checked sequence: [T, B] indices, or [T, B, F] features. */
export interface Sequence {
  data: Numbers;
  steps: number;
  batch: number;
}

/**
 * Reads a time-major sequence: indices as [T, B], features as [T, B, F], given as { data, shape }; or bare numbers,
 * which are T steps of `batch` rows (1, unless told otherwise). Gives `into`, overwritten, where it is given: a training
 * step makes no new one.
 *
 * @throws {ArgumentError} what is no array of numbers, or of indices that are no integers
 * @throws {ShapeError} a wrong rank, a length that is not the product of the shape, an empty dimension
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
  const data = dataOf(name, given, wanted);
  const shape = shapeOf(name, given, wanted);
  if (kind === 'indices') integers(name, data);
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
 * Reads numbers that must have this very shape; bare numbers need only its length.
 *
 * @throws {ArgumentError} what is no array of numbers
 * @throws {ShapeError} another shape or length
 */
export function readShaped(name: string, given: Given, wanted: readonly number[]): Numbers {
  const data = dataOf(name, given, () => showShape(wanted));
  const shape = shapeOf(name, given, () => showShape(wanted));
  if (shape && (shape.length !== wanted.length || shape.some((n, i) => n !== wanted[i]))) {
    throw new ShapeError(name, showShape(wanted), shape);
  }
  sameLength(name, data, wanted);
  return data;
}

// texts for errors are made when there is one: a training step makes no strings

function dataOf(name: string, given: Given, wanted: () => string): Numbers {
  if (isNumbers(given)) return given;
  const data = (given as Partial<NDArray<Numbers>> | null)?.data;
  if (!isNumbers(data) || !Array.isArray((given as NDArray<Numbers>).shape)) {
    throw new ArgumentError(name, `{ data, shape: ${wanted()} } or a bare array`, given);
  }
  return data;
}

function shapeOf(name: string, given: Given, wanted: () => string): readonly number[] | undefined {
  if (isNumbers(given)) return undefined;
  const { shape } = given;
  for (let i = 0; i < shape.length; i++) {
    if (!Number.isSafeInteger(shape[i]) || shape[i]! < 0) throw new ShapeError(name, wanted(), shape);
  }
  return shape;
}

/** Whether it is an array of numbers: plain, or typed and not of bigints. */
export function isNumbers(value: unknown): value is Numbers {
  // findIndex visits the holes of a sparse array, every does not
  if (Array.isArray(value)) return value.findIndex((v) => typeof v !== 'number') < 0;
  return ArrayBuffer.isView(value) && 'length' in value && !isBig(value);
}

function isBig(value: ArrayBufferView): boolean {
  return value instanceof BigInt64Array || value instanceof BigUint64Array;
}

function integers(name: string, data: Numbers): void {
  if (data instanceof Float32Array || data instanceof Float64Array) {
    throw new ArgumentError(name, 'integers (Int32Array)', data);
  }
  // other typed arrays hold nothing that 32 bits would wrap
  if (!Array.isArray(data) && !(data instanceof Uint32Array)) return;
  const bad = data.findIndex((v) => (v | 0) !== v);
  if (bad >= 0) throw new ArgumentError(`${name}[${bad}]`, 'a 32-bit integer', data[bad]);
}

function sameLength(name: string, data: Numbers, shape: readonly number[]): void {
  let length = 1;
  for (let i = 0; i < shape.length; i++) length *= shape[i]!;
  if (data.length !== length) {
    throw new ShapeError(name, `${length} numbers for ${showShape(shape)}`, `${data.length}`);
  }
}
