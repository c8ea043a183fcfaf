import { byteArray } from '../../allocate.ts';
import { showShape } from '../../errors.ts';
import { ARRAYS, type Dtype, type Tensor } from '../../io/dtype.ts';
import { elements } from '../../io/sizes.ts';
import { bad } from './bytes.ts';

/** By torch's names of storages without `Storage`: element types, or the bytes of an element of others. */
const STORAGES = new Map<string, Dtype | number>(
  Object.entries({
    ...{ Float: 'F32', Double: 'F64', Half: 'F16', BFloat16: 'BF16' },
    ...{ Long: 'I64', Int: 'I32', Short: 'I16', Char: 'I8', Byte: 'U8', Bool: 'BOOL', Untyped: 'U8' },
    ...{ ComplexFloat: 8, ComplexDouble: 16, QInt32: 4, QInt8: 1, QUInt8: 1 },
  }),
);

/** Element type and its bytes by the name of a global, such as `torch.FloatStorage` or `torch.float32`. */
export function typeNamed(name: string): { dtype: Dtype | undefined; width: number | undefined } {
  const [, key = ''] = /^torch\.(?:\w+\.)?(\w+?)(?:Storage)?$/.exec(name) ?? [];
  const known = STORAGES.get(key);
  // torch's dtypes have the names of safetensors in full: bfloat16 is BF16
  const dtype = (known ?? key.replace(/(loa|(?<=u)in|n)t(?=\d)/, '').toUpperCase()) as Dtype;
  const array: (typeof ARRAYS)[Dtype] | undefined = ARRAYS[dtype];
  return array
    ? { dtype, width: array.BYTES_PER_ELEMENT }
    : { dtype: undefined, width: known as number | undefined };
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

/** A part of a memory with an element type. */
export interface Storage {
  readonly memory: Memory;
  /** Name of the class; the element type is unknown for others than those of safetensors. */
  readonly type: string;
  readonly dtype: Dtype | undefined;
  /** First element, and number of elements. */
  readonly offset: number;
  readonly length: number;
}

/** A tensor as a view of its storage. */
export interface TensorView {
  readonly storage: Storage;
  /** Name of its element type, or of its storage's class. */
  readonly type: string;
  readonly dtype: Dtype | undefined;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Reads tensors by name: copies, row-major; the same view gives the same tensor. At most `budget` bytes. What it gives throws a
 * FormatError if a tensor is not within its storage; the message starts with its name.
 */
export function tensorReader(budget: number): (name: string, view: TensorView) => Tensor {
  return (name, view) => {
    const { storage, offset, shape, strides } = view;
    const { memory } = storage;
    const refuse = (message: string) => bad(`tensor ${JSON.stringify(name.slice(0, 80))}: ${message}`);
    const dtype = view.dtype!;
    const { bytes, tensors } = memory;
    const key = `${dtype} ${storage.offset} ${offset} ${shape} / ${strides}`;
    const known = tensors.get(key);
    if (known) return known;
    if (!bytes) throw refuse(`its storage is not in the file`);
    const { BYTES_PER_ELEMENT: width } = ARRAYS[dtype];
    const storageWidth = ARRAYS[storage.dtype ?? dtype].BYTES_PER_ELEMENT;
    const count = elements([...shape, width]) / width;
    const from = storage.offset * storageWidth + offset * width;
    const last = count ? strides.reduce((sum, stride, i) => sum + stride * (shape[i]! - 1), 0) : -1;
    const to = from + (last + 1) * width;
    const end = Math.min(bytes.length, (storage.offset + storage.length) * storageWidth);
    if (count < 0 || to > end || storage.length * storageWidth > bytes.length)
      throw refuse(
        `${showShape(shape)} of ${dtype} with strides ${showShape(strides)} is beyond its ${bytes.length} bytes`,
      );
    if ((budget -= count * width) < 0) throw refuse(`${showShape(shape)} repeats its elements too often`);
    const data = byteArray(count * width);
    if (count) copy(bytes.subarray(from, to), data, width, shape, strides);
    const tensor = { dtype, shape: [...shape], data: new ARRAYS[dtype](data.buffer) } as Tensor;
    tensors.set(key, tensor);
    return tensor;
  };
}

/** Copies elements of `width` bytes in row-major order. */
function copy(
  from: Uint8Array,
  to: Uint8Array,
  width: number,
  shape: readonly number[],
  strides: readonly number[],
): void {
  // the last dimensions whose elements are one behind the other are copied as a whole
  let [run, inner] = [width, shape.length];
  while (inner > 0 && (shape[inner - 1] === 1 || strides[inner - 1]! * width === run)) run *= shape[--inner]!;
  const index = new Array<number>(inner).fill(0);
  let at = 0;
  for (let done = 0; done < to.length; done += run) {
    to.set(from.subarray(at, at + run), done);
    for (let i = inner - 1; i >= 0; i--) {
      at += strides[i]! * width;
      if (++index[i]! < shape[i]!) break;
      at -= strides[i]! * width * shape[i]!;
      index[i] = 0;
    }
  }
}
