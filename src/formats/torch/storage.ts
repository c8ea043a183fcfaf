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
  Long: 'I64',
  Int: 'I32',
  Short: 'I16',
  Char: 'I8',
  Byte: 'U8',
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
  const dtype = (known ?? key.replace(/loat|(?<=u)int|nt/, '').toUpperCase()) as Dtype;
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
 * Tensors by path: copies, row-major; the same view gives the same tensor. At most `budget` bytes.
 * @throws {FormatError} if one is not within its storage, or has the path of another one; the message starts with its path
 */
export function readTensors(
  found: Iterable<{ readonly path: string; readonly view: TensorView }>,
  budget: number,
): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  for (const { path, view } of found) {
    const { storage, dtype, shape, strides } = view;
    const { bytes, tensors } = storage.memory;
    const refuse = (message: string) =>
      bad(`tensor ${quote(path)}: ${showShape(shape)} of ${dtype} ${message}`);
    const from = storage.from + view.offset * view.width;
    const key = `${dtype} ${from} ${shape} / ${strides}`;
    let tensor = tensors.get(key);
    if (!tensor) {
      if (!bytes) throw refuse('is not in the file');
      const count = elements([...shape, view.width]);
      // from the first element to the last one
      const last = strides.reduce((sum, stride, i) => sum + stride * (shape[i]! - 1), 1);
      const to = from + (count && last * view.width);
      if (count < 0 || !(to <= storage.to && storage.to <= bytes.length))
        throw refuse(`with strides ${showShape(strides)} is beyond its ${bytes.length} bytes`);
      if ((budget -= count) < 0) throw refuse('repeats its elements too often');
      const data = new ARRAYS[dtype](copied(view, bytes, from, count).buffer);
      tensor = { dtype, shape: [...shape], data } as Tensor;
      tensors.set(key, tensor);
    }
    if ((named.get(path) ?? tensor) !== tensor) throw refuse('has the name of another one');
    named.set(path, tensor);
  }
  return named;
}

/** `count` bytes of a view that starts at byte `from`, row-major. */
function copied({ shape, strides, width }: TensorView, bytes: Uint8Array, from: number, count: number) {
  const data = byteArray(count);
  // the last dimensions whose elements are one behind the other are copied as a whole
  let run = width;
  let inner = shape.length;
  while (inner && (shape[inner - 1] === 1 || strides[inner - 1]! * width === run)) run *= shape[--inner]!;
  let done = 0;
  const copy = (dim: number, at: number) => {
    if (dim < inner) for (let i = 0; i < shape[dim]!; i++) copy(dim + 1, at + i * strides[dim]! * width);
    else {
      data.set(bytes.subarray(at, at + run), done);
      done += run;
    }
  };
  if (count) copy(0, from);
  return data;
}
