import { ArgumentError, FormatError, reading, ShapeError } from '../errors.ts';
import type { OnnxValueInfo } from '../formats/onnx/graph.ts';
import { DTYPES, dtypeName, type OnnxDtype } from '../formats/onnx/schema.ts';
import { halfToSingle, isFloat, newStored, type TensorData, toInt } from '../formats/onnx/tensor.ts';
import { product } from './strided.ts';
import type { Value } from './value.ts';

/** Elements of a tensor. */
export type OnnxArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A tensor as a session gives it. */
export interface OnnxTensorResult {
  /** Element type; that of float16 and bfloat16 is float32. */
  readonly dtype: OnnxDtype;
  /** Sizes of its dimensions. */
  readonly shape: readonly number[];
  /** Elements, the last dimension fastest. */
  readonly data: OnnxArray;
}

/** An input or output of a model. */
export interface OnnxPort {
  /** Name in the file. */
  readonly name: string;
  /** Element type; undefined: the file does not say. */
  readonly dtype: OnnxDtype | undefined;
  /** Sizes; a name or null where one is free. undefined: the file does not say. */
  readonly shape: readonly (number | string | null)[] | undefined;
}

/** @throws {ArgumentError} a name that no port has */
export function checkName(
  argument: string,
  what: string,
  ports: readonly Pick<OnnxPort, 'name'>[],
  given: string,
): void {
  if (ports.some(({ name }) => name === given)) return;
  throw new ArgumentError(argument, `${what} ${ports.map(({ name }) => name).join(', ')}`, given);
}

/** Results of a run by the name of the output. */
export type OnnxOutputs = Record<string, OnnxTensorResult>;

/** Values of an input: an array whose shape follows from the file, or an array with its shape. */
export type OnnxFeed =
  | ArrayLike<number | bigint>
  | {
      /** Elements, the last dimension fastest. */
      readonly data: ArrayLike<number | bigint>;
      /** Sizes. */
      readonly shape: readonly number[];
    };

/** A feed that was checked. */
export interface CheckedFeed {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** Reads the feed of an input and works out its shape; `asked`: the sizes that it has to have. */
export function readFeed(
  name: string,
  given: OnnxFeed | undefined,
  asked: OnnxValueInfo['shape'],
): CheckedFeed {
  const argument = `feeds.${name}`;
  return reading(argument, given, () => {
    const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
    const own = isObject(given) && 'data' in given ? given : { data: given!, shape: undefined };
    const { data } = own;
    if (!isObject(data) || !Number.isInteger(data.length)) {
      throw new ArgumentError(argument, 'an array or { data, shape }', given);
    }
    const shape = own.shape ? Array.from(own.shape) : shapeFrom(argument, asked, data.length);
    if (!shape.every((size) => Number.isInteger(size) && size >= 0)) {
      throw new ShapeError(`${argument}.shape`, 'sizes', shape);
    }
    if (product(shape) !== data.length) {
      throw new ShapeError(argument, `${product(shape)} values for [${shape.join(', ')}]`, `${data.length}`);
    }
    // for a scalar any shape of one element will do
    const fits =
      !asked?.length ||
      (asked.length === shape.length && asked.every((s, i) => typeof s !== 'number' || s === shape[i]));
    if (!fits) throw new ShapeError(argument, show(asked), shape);
    return { shape, data };
  });
}

/** The values of a feed. */
export function dataOf(feed: OnnxFeed): ArrayLike<number | bigint> {
  return 'data' in feed ? feed.data : feed;
}

/** Whether a tensor has the shape of a value. Nothing is allocated. */
export function sameShape(feed: OnnxFeed, { shape, size }: Value): boolean {
  const given = dataOf(feed);
  if (given?.length !== size) return false;
  if ('data' in feed && feed.shape) {
    if (feed.shape.length !== shape.length) return false;
    for (let i = 0; i < shape.length; i++) if (feed.shape[i] !== shape[i]) return false;
  }
  return true;
}

/** The limits of int64, which stand for the end of an axis, as those of int32; others as they are. */
export function limited(value: number | bigint): number | bigint {
  const n = Number(value);
  return Math.abs(n) === 2 ** 63 ? toInt(n) : value;
}

/** Whether a feed has the values of a constant. Nothing is allocated. */
export function sameValues(feed: OnnxFeed, constant: TensorData): boolean {
  const given = dataOf(feed);
  for (let i = 0; i < constant.length; i++) if (Number(limited(given[i]!)) !== constant[i]) return false;
  return true;
}

function show(shape: readonly (number | string | null)[]): string {
  return `[${shape.map((size) => size ?? '?').join(', ')}]`;
}

/** The one free dimension takes what is left. */
function shapeFrom(
  argument: string,
  asked: readonly (number | string | null)[] | undefined,
  length: number,
): number[] {
  const free = asked?.filter((size) => typeof size !== 'number').length ?? 2;
  if (!asked || free > 1) {
    throw new ArgumentError(
      argument,
      `{ data, shape }, since the file has ${asked ? show(asked) : 'no shape'}`,
      'an array',
    );
  }
  const known = product(asked.filter((size) => typeof size === 'number'));
  return asked.map((size) => (typeof size === 'number' ? size : known ? Math.floor(length / known) : 0));
}

/** Arrays whose elements need no check. */
const FLOAT_ARRAYS = [Float32Array, Float64Array] as unknown[];
const INTEGER_ARRAYS = [Int32Array, Uint8Array, Int8Array, Int16Array, Uint16Array] as unknown[];

/** Writes a feed's values to `to`. @throws {ArgumentError} integers beyond 32 bits, values that are no numbers */
export function writeFeed(
  name: string,
  data: ArrayLike<number | bigint>,
  dtype: number,
  to: TensorData,
): void {
  const plain = isFloat(dtype) ? FLOAT_ARRAYS : INTEGER_ARRAYS;
  if (plain.includes(data.constructor)) {
    to.set(data as Float32Array);
    return;
  }
  if (dtype === DTYPES.float16 && data instanceof Uint16Array) {
    const bits = new Uint32Array(to.buffer, to.byteOffset);
    for (let i = 0; i < to.length; i++) bits[i] = halfToSingle(data[i]!);
    return;
  }
  for (let i = 0; i < to.length; i++) {
    const v: unknown = data[i];
    if (!['number', 'bigint', 'boolean'].includes(typeof v))
      throw new ArgumentError(`feeds.${name}[${i}]`, 'a number', v);
    const n = Number(v);
    if (!isFloat(dtype) && (n | 0) !== n)
      throw new ArgumentError(`feeds.${name}[${i}]`, 'an integer of 32 bits', v);
    to[i] = n;
  }
}

/** A tensor for an output, of the arrays that ONNX Runtime's web package gives; float16 and bfloat16 become float32. */
export function newResult(dtype: number, shape: readonly number[]): OnnxTensorResult {
  const type = isFloat(dtype) && dtype !== DTYPES.float64 ? DTYPES.float32 : dtype;
  const data = newStored(type, product(shape));
  if (!data) throw new FormatError(`type ${dtype} is not supported`);
  return { dtype: dtypeName(type)!, shape, data };
}

/** Copies values to an output. */
export function copyOut(from: TensorData, to: OnnxArray): void {
  if (to instanceof BigInt64Array || to instanceof BigUint64Array) {
    for (let i = 0; i < from.length; i++) to[i] = BigInt(from[i]!);
  } else to.set(from);
}
