import { byteArray } from '../../allocate.ts';
import { showShape } from '../../errors.ts';
import { ARRAYS, type Dtype, type Tensor } from '../../io/dtype.ts';
import { elements } from '../../io/sizes.ts';
import { bad } from './bytes.ts';

/** By torch's names of dtypes, and of storages without `Storage`: element types, or the bytes of an element of others. */
const TYPES: Readonly<Record<string, Dtype | number>> = {
  ...{ float32: 'F32', float64: 'F64', float16: 'F16', bfloat16: 'BF16' },
  ...{ int64: 'I64', int32: 'I32', int16: 'I16', int8: 'I8', bool: 'BOOL' },
  ...{ uint64: 'U64', uint32: 'U32', uint16: 'U16', uint8: 'U8' },
  ...{ Float: 'F32', Double: 'F64', Half: 'F16', BFloat16: 'BF16' },
  ...{ Long: 'I64', Int: 'I32', Short: 'I16', Char: 'I8', Byte: 'U8', Bool: 'BOOL', Untyped: 'U8' },
  ...{ ComplexFloat: 8, ComplexDouble: 16, QInt32: 4, QInt8: 1, QUInt8: 1 },
};

/** Element type and its bytes by the name of a global, such as `torch FloatStorage` or `torch float32`. */
export function typeNamed(name: string): { dtype: Dtype | undefined; width: number | undefined } {
  const [, key = ''] = /^torch(?:\.\w+)? (\w+?)(?:Storage)?$/.exec(name) ?? [];
  const type = Object.hasOwn(TYPES, key) ? TYPES[key] : undefined;
  if (typeof type !== 'string') return { dtype: undefined, width: type };
  return { dtype: type, width: ARRAYS[type].BYTES_PER_ELEMENT };
}

/** Memory of tensors, maybe of several. */
export interface Memory {
  /** Bytes per element; undefined if the class of its storage is not known. */
  readonly width: number | undefined;
  /** Undefined until it was found in the file. */
  bytes?: Uint8Array | undefined;
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
export class TensorView {
  readonly storage: Storage;
  /** Name of its element type, or of its storage's class. */
  readonly type: string;
  readonly dtype: Dtype | undefined;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    storage: Storage,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
    type: string,
  ) {
    this.storage = storage;
    this.type = type;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    this.dtype = typeNamed(type).dtype;
  }
}

/** Copies of tensors, row-major; the same view gives the same tensor. At most `budget` bytes. */
export class TensorReader {
  readonly #made = new Map<string, Tensor>();
  readonly #memories = new Map<Memory, number>();
  #budget: number;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** @throws {FormatError} if the tensor is not within its storage; the message starts with its name */
  read(name: string, view: TensorView): Tensor {
    const { storage, offset, shape, strides } = view;
    const { memory } = storage;
    const refuse = (message: string) => bad(`tensor ${JSON.stringify(name.slice(0, 80))}: ${message}`);
    const dtype = view.dtype!;
    const number = this.#memories.get(memory) ?? this.#memories.size;
    this.#memories.set(memory, number);
    const key = `${number} ${dtype} ${storage.offset} ${offset} ${shape} / ${strides}`;
    const known = this.#made.get(key);
    if (known) return known;
    const { bytes } = memory;
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
    this.#budget -= count * width;
    if (this.#budget < 0) throw refuse(`${showShape(shape)} repeats its elements too many times`);
    const data = byteArray(count * width);
    if (count) copy(bytes.subarray(from, to), data, width, shape, strides);
    const tensor = { dtype, shape: [...shape], data: new ARRAYS[dtype](data.buffer) } as Tensor;
    this.#made.set(key, tensor);
    return tensor;
  }
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
