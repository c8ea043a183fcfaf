import type { Heap } from '../heap.ts';
import type { Values } from '../tf.ts';

/** Bytes of a value of each type that can lie in our memory. */
export const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 };

/** Types that can, in the order of tensor_compare's numbers (assembly/tensor/compare.ts). */
export const TYPES: readonly string[] = Object.keys(BYTES);

/** Where memory ends whose tensors stay in it. Of most programs it is all. */
const NEAR = 2 ** 29;

/** Frees the memory of tensors that a program has dropped without disposing of them. It does so in tasks of its own. */
const dropped = new FinalizationRegistry<Data>((data) => data.free());

/** By dataId, a new object for each time that its values were overwritten; they keep it on other backends. */
export const stamps = new WeakMap<object, object>();

/**
 * Data of tensors, with the fields that TF.js's cpu backend has. What comes as an array stays one until a kernel of ours
 * needs it in memory; strings and complex numbers always do.
 */
export class Data {
  refCount = 1;
  /** Passes that hold the pointer. */
  pins = 0;
  /** Of complex numbers, set by the cpu backend. */
  complexTensorInfos: unknown;
  readonly dtype: string;
  readonly #heap: Heap;
  #array: Values | undefined;
  #ptr = 0;
  readonly #length: number | undefined;

  /** array: the values; undefined where `length` values are yet to be written. */
  constructor(heap: Heap, dtype: string, array: Values | undefined, length = array?.length) {
    this.#heap = heap;
    this.dtype = dtype;
    this.#array = array;
    this.#length = length;
  }

  /** The array, or a view of the memory, which is valid until that grows or the data is freed. */
  get values(): Values | undefined {
    return this.#ptr ? viewOf(this.#heap, this.dtype, this.#ptr, this.#length!) : this.#array;
  }

  /** Where the values lie; undefined if their type can not. @throws {MemoryError} beyond 2 GiB */
  pointer(dataId: object): number | undefined {
    if (!this.#ptr && this.#length! >= 0 && BYTES[this.dtype]) {
      this.#ptr = this.#heap.take(this.#bytes);
      if (this.#array) this.values!.set(this.#array);
      this.#array = undefined;
      dropped.register(dataId, this, this);
      if (this.#ptr > NEAR) this.#heap.movable.add(this);
    }
    return this.#ptr || undefined;
  }

  /** Makes room in memory: the values become an array, which is collected as garbage once nobody needs it. */
  leave(): void {
    if (this.pins) return;
    const array = this.values!.slice() as Values;
    this.free();
    this.#array = array;
  }

  free(): void {
    if (this.#ptr) {
      dropped.unregister(this);
      if (this.#ptr > NEAR) this.#heap.movable.delete(this);
      this.#heap.release(this.#ptr, this.#bytes);
    }
    this.#ptr = 0;
    this.#array = undefined;
  }

  get #bytes(): number {
    return this.#length! * BYTES[this.dtype]!;
  }
}

/** A view of values in memory. */
export function viewOf({ arena }: Heap, dtype: string, ptr: number, length: number): Values {
  if (dtype === 'bool') return new Uint8Array(arena.f32.buffer, ptr, length);
  return (dtype === 'float32' ? arena.f32 : arena.i32).subarray(ptr / 4, ptr / 4 + length);
}
