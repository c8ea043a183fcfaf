import { floats } from '../allocate.ts';
import { arrayKind } from '../arrayKind.ts';
import { ArgumentError, reading } from '../errors.ts';

/**
 * Array class of each element type of the safetensors format. In the order of the file layout, widest alignment
 * first: the descending order of `Dtype` in huggingface/safetensors, safetensors/src/tensor.rs.
 */
export const ARRAYS = {
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  BF16: Uint16Array,
  F16: Uint16Array,
  U16: Uint16Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** Element types by their name in the file. */
export type Dtype = keyof typeof ARRAYS;

/** Elements of each type. F16 and BF16 are their raw 16 bits; BOOL is one byte each, 0 or 1. */
export interface DtypeArrays {
  U64: BigUint64Array<ArrayBuffer>;
  I64: BigInt64Array<ArrayBuffer>;
  F64: Float64Array<ArrayBuffer>;
  F32: Float32Array<ArrayBuffer>;
  U32: Uint32Array<ArrayBuffer>;
  I32: Int32Array<ArrayBuffer>;
  BF16: Uint16Array<ArrayBuffer>;
  F16: Uint16Array<ArrayBuffer>;
  U16: Uint16Array<ArrayBuffer>;
  I16: Int16Array<ArrayBuffer>;
  I8: Int8Array<ArrayBuffer>;
  U8: Uint8Array<ArrayBuffer>;
  BOOL: Uint8Array<ArrayBuffer>;
}

/** A tensor of one element type: `data` has as many elements as the product of `shape`, row-major. */
export interface TensorOf<D extends Dtype> {
  /** Element type. */
  dtype: D;
  /** Dimensions, the fastest last. */
  shape: number[];
  /** Elements, row-major. */
  data: DtypeArrays[D];
}

/** A tensor of any element type; `dtype` determines the class of `data`. */
export type Tensor = { [D in Dtype]: TensorOf<D> }[Dtype];

/** Array class of a tensor's elements. */
export type TensorData =
  | BigUint64Array
  | BigInt64Array
  | Float64Array
  | Float32Array
  | Uint32Array
  | Int32Array
  | Uint16Array
  | Int16Array
  | Int8Array
  | Uint8Array
  // a Float16Array, which not every library of TypeScript declares
  | (ArrayBufferView &
      ArrayLike<number> & {
        /** The name of its class. */
        readonly [Symbol.toStringTag]: 'Float16Array';
        /** 2. */
        readonly BYTES_PER_ELEMENT: number;
        /** A view of a part. */
        subarray(begin?: number, end?: number): ArrayBufferView & ArrayLike<number>;
        /** A copy of a part. */
        slice(begin?: number, end?: number): ArrayBufferView & ArrayLike<number>;
      });

/** A tensor to write. The default `dtype` follows from the class of `data` (Float32Array: F32, Uint8Array: U8, Float16Array: F16, ...). */
export interface TensorInput {
  /** Default: follows from the class of `data`. */
  readonly dtype?: Dtype | undefined;
  /** Dimensions, the fastest last. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly data: TensorData;
}

/** Element types in layout order. */
export const DTYPES = Object.keys(ARRAYS) as Dtype[];

/** Class of an array of F16, where the engine has it; its bits are those of the Uint16Array. */
const HALF = 'Float16Array';

/** Types that share their array class with the plain integers: never inferred from the data. */
const RAW: readonly Dtype[] = ['F16', 'BF16', 'BOOL'];

export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(ARRAYS, name);
}

/** Element type inferred from the class of `data`, or undefined. */
export function dtypeOf(data: TensorData): Dtype | undefined {
  if (arrayKind(data) === HALF) return 'F16';
  return DTYPES.find((dtype) => !RAW.includes(dtype) && holds(dtype, data));
}

/** Whether `data` is of the array class of `dtype`; subclasses and arrays of other realms count. */
export function holds(dtype: Dtype, data: unknown): data is TensorData {
  const kind = arrayKind(data);
  return kind === ARRAYS[dtype].name || (dtype === 'F16' && kind === HALF);
}

/**
 * The elements of a floating-point tensor as f32, in a new array of the same length.
 *
 * F32 is copied bit by bit; F16 and BF16 convert exactly, subnormals, infinities and NaN payloads included; F64 is
 * exact where f32 represents the value, otherwise rounded to nearest even (infinite beyond the f32 range).
 *
 * @throws {ArgumentError} for any other element type, or data of the wrong class for its type
 */
export function toFloat32(tensor: Pick<TensorInput, 'dtype' | 'data'>): Float32Array<ArrayBuffer> {
  if (tensor === null || typeof tensor !== 'object') throw new ArgumentError('tensor', 'a tensor', tensor);
  const { data, dtype } = reading('tensor', tensor, () => {
    return { data: tensor.data, dtype: tensor.dtype ?? dtypeOf(tensor.data) };
  });
  if (dtype !== 'F64' && dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
    throw new ArgumentError('tensor.dtype', 'F64, F32, F16 or BF16', dtype);
  }
  if (!holds(dtype, data)) throw new ArgumentError('tensor.data', `a ${ARRAYS[dtype].name}`, data);
  const out = floats(data.length);
  if (dtype === 'F64' || dtype === 'F32') {
    reading('tensor.data', data, () => out.set(data as Float64Array | Float32Array));
    return out;
  }
  const bits = new Uint32Array(out.buffer);
  const half = new Uint16Array(data.buffer, data.byteOffset, data.length);
  if (dtype === 'BF16') for (let i = 0; i < half.length; i++) bits[i] = half[i]! << 16;
  else for (let i = 0; i < half.length; i++) bits[i] = halfToSingle(half[i]!);
  return out;
}

/** Bits of an IEEE 754 binary16 to the bits of the same value as binary32. */
export function halfToSingle(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // Subnormal: shift the leading one to bit 10, where it is implied.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}
