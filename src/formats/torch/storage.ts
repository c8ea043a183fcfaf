import { byteArray } from '../../allocate.ts';
import { showShape } from '../../errors.ts';
import { ARRAYS, type Dtype, type Tensor } from '../../io/dtype.ts';
import { quote } from '../../io/safetensors-header.ts';
import { elements } from '../../io/sizes.ts';
import { bad } from './bytes.ts';

/** By torch's names of storages without `Storage`: element types, or the bytes of an element of others. */
const STORAGES: Readonly<Record<string, Dtype | number>> = {
  __proto__: null as never,
  Float: 'F32',
  Double: 'F64',
  Half: 'F16',
  BFloat16: 'BF16',
  Long: 'I64',
  Int: 'I32',
  Short: 'I16',
  Char: 'I8',
  Byte: 'U8',
  Bool: 'BOOL',
  Untyped: 'U8',
  ComplexFloat: 8,
  ComplexDouble: 16,
  QInt32: 4,
  QInt8: 1,
  QUInt8: 1,
};

/** Element type and its bytes by the name of a global, such as `torch.FloatStorage` or `torch.float32`. */
export function typeNamed(name: string): { dtype?: Dtype | undefined; width: number | undefined } {
  const key = name.replace(/^torch\.(.*\.)?|Storage$/g, '');
  const known = STORAGES[key];
  // torch's dtypes have the names of safetensors in full: bfloat16 is BF16
  const dtype = (known ?? key.replace(/(loa|(?<=u)in|n)t(?=\d)/, '').toUpperCase()) as Dtype;
  const width = (ARRAYS[dtype] as (typeof ARRAYS)[Dtype] | undefined)?.BYTES_PER_ELEMENT;
  return width ? { dtype, width } : { width: known as number | undefined };
}

/** Memory of tensors, maybe of several. */
export interface Memory {
  /** Bytes per element; undefined if the class of its storage is not known. */
  readonly width: number | undefined;
  /** Undefined until it was found in the file. */
  bytes?: Uint8Array | undefined;
  /** Tensors that were read, by their view. */
  readonly tensors: Map<string, Tensor>;
}

/** A part of a memory. */
export interface Storage {
  readonly memory: Memory;
  /** Name of its class. */
  readonly name: string;
  /** Its bytes in the memory; NaN if the class is not known. */
  readonly from: number;
  readonly to: number;
}

/** A tensor as a view of its storage. */
export interface TensorView {
  readonly storage: Storage;
  readonly dtype: Dtype;
  /** Bytes per element. */
  readonly width: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Reads tensors by name: copies, row-major; the same view gives the same tensor. At most `budget` bytes. What it gives throws a
 * FormatError if a tensor is not within its storage; the message starts with its name.
 */
export function tensorReader(budget: number): (name: string, view: TensorView) => Tensor {
  return (name, { storage, dtype, width, offset, shape, strides }) => {
    const { bytes, tensors } = storage.memory;
    const refuse = (message: string) =>
      bad(`tensor ${quote(name)}: ${showShape(shape)} of ${dtype} ${message}`);
    const from = storage.from + offset * width;
    const key = `${dtype} ${from} ${shape} / ${strides}`;
    const known = tensors.get(key);
    if (known) return known;
    if (!bytes) throw refuse('is not in the file');
    const count = elements([...shape, width]) / width;
    // elements from the first one to the last one
    const span = count && strides.reduce((sum, stride, i) => sum + stride * (shape[i]! - 1), 1);
    const to = from + span * width;
    if (count < 0 || !(to <= storage.to && storage.to <= bytes.length))
      throw refuse(`with strides ${showShape(strides)} is beyond its ${bytes.length} bytes`);
    if ((budget -= count * width) < 0) throw refuse('repeats its elements too often');
    const data = byteArray(count * width);
    // the last dimensions whose elements are one behind the other are copied as a whole
    let run = width;
    let inner = shape.length;
    while (inner && (shape[inner - 1] === 1 || strides[inner - 1]! * width === run)) run *= shape[--inner]!;
    let done = 0;
    const copy = (dim: number, at: number) => {
      if (dim === inner) {
        data.set(bytes.subarray(at, at + run), done);
        done += run;
      } else for (let i = 0; i < shape[dim]!; i++) copy(dim + 1, at + i * strides[dim]! * width);
    };
    if (count) copy(0, from);
    const tensor = { dtype, shape: [...shape], data: new ARRAYS[dtype](data.buffer) } as Tensor;
    tensors.set(key, tensor);
    return tensor;
  };
}
