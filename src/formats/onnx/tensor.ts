import { FormatError } from '../../errors.ts';
import { ARRAYS, type Dtype, type Tensor, toFloat32 } from '../../io/dtype.ts';
import { DTYPES, dtypeName, type Message } from './schema.ts';
import type { OnnxTensor, TensorData } from './types.ts';

export { halfToSingle } from '../../io/dtype.ts';
export type { OnnxTensor, TensorData } from './types.ts';

const FLOATS: readonly number[] = [DTYPES.float32, DTYPES.float16, DTYPES.float64, DTYPES.bfloat16];

/** Whether values of an element type are kept as floats. */
export function isFloat(dtype: number): boolean {
  return FLOATS.includes(dtype);
}

/** Element types by number, as safetensors names them; none where there are no numbers. */
const STORED = ' F32 U8 I8 U16 I16 I32 I64  BOOL F16 F64 U32 U64   BF16'.split(' ') as (Dtype | '')[];

/** New elements of a type as files and ONNX Runtime have them, or undefined if it has none. */
export function newStored(dtype: number, count: number): Tensor['data'] | undefined {
  const stored = STORED[dtype];
  return stored ? new ARRAYS[stored](count) : undefined;
}

/** Truncated; what fits no int32 is clamped. NaN gives 0. */
export function toInt(value: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value))) || 0;
}

/** Makes an error of a place in a file. */
type Bad = (what: string) => FormatError;

/** Number of elements of a shape. @throws {FormatError} sizes that are negative, fractional or too large */
export function elements(shape: readonly number[], bad: Bad): number {
  let count = 1;
  for (const size of shape) {
    if (!(Number.isInteger(size) && size >= 0)) throw bad(`${size} is not a size`);
    count *= size;
  }
  if (count > 2 ** 29) throw bad(`[${shape.join(', ')}] has too many elements`);
  return count;
}

/**
 * Decodes a tensor; nothing of the file is kept.
 * @throws {FormatError} external data, strings, unknown types, fewer or more values than the shape has
 */
export function readTensor(tensor: Message<'Tensor'>, where: string): OnnxTensor {
  const { dataType, dims, rawData, name } = tensor;
  const bad: Bad = (what) => new FormatError(`${where}${name && ` '${name}'`}: ${what}`);
  if (tensor.dataLocation === 1 || tensor.externalData.length) {
    const file = tensor.externalData.find(({ key }) => key === 'location')?.value ?? 'another file';
    throw bad(`data in ${file}; save it in one file`);
  }
  const stored = STORED[dataType];
  if (!stored) throw bad(`tensors of ${dtypeName(dataType) ?? `type ${dataType}`} are not supported`);
  const count = elements(dims, bad);
  const Elements = ARRAYS[stored];
  const fields = rawData ? [] : typedField(tensor);
  const given = rawData ? rawData.length / Elements.BYTES_PER_ELEMENT : fields.length;
  if (given !== count) {
    throw bad(`expected ${count} values for [${dims.join(', ')}], got ${given}`);
  }
  // a copy lies on a boundary of eight bytes; a Buffer's slice would be none
  const raw = rawData && new Elements(new Uint8Array(rawData).buffer);
  return { name, dtype: dataType, shape: dims, data: dataOf(dataType, stored, raw ?? fields) };
}

function dataOf(dtype: number, stored: Dtype, values: Iterable<number | bigint>): TensorData {
  if (!isFloat(dtype))
    return Int32Array.from(values, (v) => (dtype === DTYPES.bool ? Number(v !== 0) : toInt(Number(v))));
  if (values instanceof Float32Array) return values as Float32Array<ArrayBuffer>;
  const data = Array.isArray(values) ? (ARRAYS[stored] as typeof Float32Array).from(values) : values;
  return toFloat32({ dtype: stored, data: data as Float32Array });
}

function typedField(tensor: Message<'Tensor'>): readonly number[] {
  const { dataType } = tensor;
  if (dataType === DTYPES.float32) return tensor.floatData;
  if (dataType === DTYPES.float64) return tensor.doubleData;
  if (dataType === DTYPES.int64) return tensor.int64Data;
  return dataType === DTYPES.uint32 || dataType === DTYPES.uint64 ? tensor.uint64Data : tensor.int32Data;
}
