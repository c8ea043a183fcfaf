import { FormatError } from '../../errors.ts';
import { halfToSingle } from '../../io/dtype.ts';
import { DTYPES, dtypeName, type Message } from './schema.ts';

/** Values of a tensor: floats for the floating-point types, integers for all others; int64 is clamped to 32 bits. */
export type TensorData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** A tensor of a file. */
export interface OnnxTensor {
  /** Name of the tensor. */
  readonly name: string;
  /** Number of its element type. */
  readonly dtype: number;
  /** Sizes. */
  readonly shape: readonly number[];
  /** Elements, the last dimension fastest. */
  readonly data: TensorData;
}

const FLOATS: readonly number[] = [DTYPES.float32, DTYPES.float16, DTYPES.float64, DTYPES.bfloat16];

/** Whether values of an element type are kept as floats. */
export function isFloat(dtype: number): boolean {
  return FLOATS.includes(dtype);
}

/** Bytes of an element in `rawData` by type. */
const BYTES: Readonly<Record<number, number>> = {
  1: 4,
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  9: 1,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
  16: 2,
};

/** The nearest 32-bit integer. */
export function clampInt(value: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value));
}

/** Number of elements of a shape. @throws {FormatError} sizes that are negative, fractional or too large */
export function elements(shape: readonly number[], where: string): number {
  let count = 1;
  for (const size of shape) {
    if (!(Number.isInteger(size) && size >= 0)) throw new FormatError(`${where}: ${size} is not a size`);
    count *= size;
  }
  if (count > 2 ** 29) throw new FormatError(`${where}: [${shape.join(', ')}] has too many elements`);
  return count;
}

/**
 * Decodes a tensor; nothing of the file is kept.
 * @throws {FormatError} external data, strings, unknown types, fewer or more values than the shape has
 */
export function readTensor(tensor: Message<'Tensor'>, where: string): OnnxTensor {
  const { dataType, dims, rawData, name } = tensor;
  const at = name ? `${where} '${name}'` : where;
  if (tensor.dataLocation === 1 || tensor.externalData.length) {
    const file = tensor.externalData.find(({ key }) => key === 'location')?.value ?? 'another file';
    throw new FormatError(`${at}: its data is in ${file}; save the model with its data in one file`);
  }
  const size = BYTES[dataType];
  if (!size)
    throw new FormatError(`${at}: tensors of ${dtypeName(dataType) ?? `type ${dataType}`} are not supported`);
  const count = elements(dims, at);
  const given = rawData ? rawData.length / size : typedField(tensor).length;
  if (given !== count) {
    throw new FormatError(`${at}: expected ${count} values for [${dims.join(', ')}], got ${given}`);
  }
  const data = rawData ? fromRaw(rawData, dataType, count) : fromFields(tensor, count);
  return { name, dtype: dataType, shape: dims, data };
}

function typedField(tensor: Message<'Tensor'>): readonly number[] {
  const { dataType } = tensor;
  if (dataType === DTYPES.float32) return tensor.floatData;
  if (dataType === DTYPES.float64) return tensor.doubleData;
  if (dataType === DTYPES.int64) return tensor.int64Data;
  return dataType === DTYPES.uint32 || dataType === DTYPES.uint64 ? tensor.uint64Data : tensor.int32Data;
}

function fromFields(tensor: Message<'Tensor'>, count: number): TensorData {
  const values = typedField(tensor);
  const { dataType } = tensor;
  if (!isFloat(dataType)) return Int32Array.from(values, clampInt);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const v = values[i]!;
    out[i] = dataType === DTYPES.float16 ? halfToNumber(v) : dataType === DTYPES.bfloat16 ? brain(v) : v;
  }
  return out;
}

function fromRaw(raw: Uint8Array, dtype: number, count: number): TensorData {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  // a copy lies on a boundary of eight bytes
  if (dtype === DTYPES.float32) return new Float32Array(raw.slice().buffer);
  if (dtype === DTYPES.int32) return new Int32Array(raw.slice().buffer);
  const out = isFloat(dtype) ? new Float32Array(count) : new Int32Array(count);
  const read = READERS[dtype]!;
  for (let i = 0; i < count; i++) out[i] = read(view, i);
  return out;
}

const READERS: Readonly<Record<number, (view: DataView, i: number) => number>> = {
  2: (view, i) => view.getUint8(i),
  3: (view, i) => view.getInt8(i),
  4: (view, i) => view.getUint16(2 * i, true),
  5: (view, i) => view.getInt16(2 * i, true),
  7: (view, i) => clampInt(view.getInt32(8 * i + 4, true) * 2 ** 32 + view.getUint32(8 * i, true)),
  9: (view, i) => (view.getUint8(i) ? 1 : 0),
  10: (view, i) => halfToNumber(view.getUint16(2 * i, true)),
  11: (view, i) => view.getFloat64(8 * i, true),
  12: (view, i) => clampInt(view.getUint32(4 * i, true)),
  13: (view, i) => clampInt(view.getUint32(8 * i + 4, true) * 2 ** 32 + view.getUint32(8 * i, true)),
  16: (view, i) => brain(view.getUint16(2 * i, true)),
};

const word = /* @__PURE__ */ new Float32Array(1);
const wordBits = /* @__PURE__ */ new Uint32Array(word.buffer);

/** The number that 16 bits of a half float say. */
export function halfToNumber(bits: number): number {
  wordBits[0] = halfToSingle(bits);
  return word[0]!;
}

/** The number that 16 bits of a bfloat16 say. */
function brain(bits: number): number {
  wordBits[0] = bits << 16;
  return word[0]!;
}
