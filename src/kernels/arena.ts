import { mebibytes } from '../allocate.ts';
import { arrayKind } from '../arrayKind.ts';
import { integer, reading } from '../check.ts';
import { ArgumentError, MemoryError } from '../errors.ts';
import { MemoryArena } from '../memory/arena.ts';
import { Layout, type Region } from '../memory/layout.ts';
import { isNumbers } from '../ndarray.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../wasm/runtime.ts';
import { choosing } from './choosing.ts';

/** Where the next region would go. */
export type Mark = number & { readonly mark: unique symbol };

/**
 * A WebAssembly memory of fixed size with the kernels that run on it. Regions are allocated consecutively on 64-byte
 * boundaries and released in reverse order. Views never detach.
 */
export class Arena {
  /** The kernels. Arguments are not checked. */
  readonly kernels: KernelCalls;
  /** Those that select no tiles. @internal */
  readonly direct: KernelCalls;
  /** Bytes available to regions and scratch memory. */
  readonly capacity: number;
  readonly #memory: MemoryArena;
  #layout = new Layout(MemoryArena.start);

  /**
   * @param capacity bytes for regions and scratch memory; the size of each region is rounded up to 64
   * @throws {StateError} before `init()`
   * @throws {FeatureError} with the kernels of `unrolled/core` or `unrolled/inference`, which lack BLAS
   * @throws {MemoryError} beyond 2 GiB, or if the engine can't allocate it
   */
  constructor(capacity: number) {
    integer('capacity', capacity, 1);
    const layout = new Layout(MemoryArena.start);
    layout.take('an arena', Math.ceil(capacity / 4));
    this.#memory = new MemoryArena(layout.end);
    this.capacity = this.#memory.bytes - MemoryArena.start;
    this.direct = this.#memory.kernels;
    requireKernel(this.direct, 'sgemm_nn');
    this.kernels = choosing(this.#memory);
  }

  /** Size of the whole memory in bytes. */
  get bytes(): number {
    return this.#memory.bytes;
  }

  /** Free bytes. */
  get free(): number {
    return this.#memory.bytes - this.#layout.end;
  }

  /**
   * Allocates a region of 32-bit floats or integers. It is not cleared: zeros only in a new arena.
   * @throws {MemoryError} if not enough memory is free
   */
  take(...shape: number[]): Region {
    for (const [i, size] of shape.entries()) integer(`shape[${i}]`, size, 0);
    const layout = new Layout(this.#layout.end);
    const region = layout.take('a region', ...shape);
    if (layout.end > this.#memory.bytes) throw this.#full(4 * region.length);
    this.#layout = layout;
    return region;
  }

  /**
   * Allocates a region and fills it: floats from a Float32Array or an array of numbers, integers from an Int32Array.
   * Default shape: [values.length].
   * @throws {MemoryError} if not enough memory is free, or more values than the shape has
   */
  put(values: Int32Array | ArrayLike<number>, ...shape: number[]): Region {
    if (!isNumbers(values)) throw new ArgumentError('values', 'an array of numbers', values);
    const mark = this.mark();
    try {
      const region = this.take(...(shape.length ? shape : [values.length]));
      const view = arrayKind(values) === 'Int32Array' ? this.i32(region) : this.f32(region);
      if (values.length > view.length) {
        const wanted = `${view.length} numbers for the shape`;
        throw new MemoryError(`values: expected ${wanted}, got ${values.length}`);
      }
      reading('values', values, () => view.set(values));
      return region;
    } catch (error) {
      this.release(mark);
      throw error;
    }
  }

  /** A region as a view of floats. */
  f32(region: Region): Float32Array<ArrayBuffer> {
    const { ptr, length } = this.#checked(region);
    return this.#memory.f32.subarray(ptr / 4, ptr / 4 + length);
  }

  /** A region as a view of integers. */
  i32(region: Region): Int32Array<ArrayBuffer> {
    const { ptr, length } = this.#checked(region);
    return this.#memory.i32.subarray(ptr / 4, ptr / 4 + length);
  }

  /** Marks the current position; `release` frees all regions allocated after it. */
  mark(): Mark {
    return this.#layout.end as Mark;
  }

  /** Frees all regions allocated since the mark. @throws {MemoryError} if the mark was already released */
  release(mark: Mark): void {
    integer('mark', mark, MemoryArena.start);
    if (mark > this.#layout.end) throw new MemoryError('mark: already released');
    this.#layout = new Layout(mark);
  }

  /**
   * Pointer to scratch memory for one kernel call. The next region or scratch memory overlaps it.
   * @throws {MemoryError} if not enough memory is free
   */
  scratch(bytes: number): number {
    integer('bytes', bytes, 0);
    if (bytes > this.free) throw this.#full(bytes);
    return this.#layout.end;
  }

  /** Frees the memory. Later calls throw. */
  dispose(): void {
    this.#memory.dispose();
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @throws {ArgumentError} if it is not a region of this arena */
  #checked(region: Region): Region {
    const whole = reading('region', region, () => {
      const { ptr, length } = region ?? {};
      return (
        typeof ptr === 'number' &&
        Number.isInteger(ptr / 4) &&
        Number.isInteger(length) &&
        length >= 0 &&
        ptr >= MemoryArena.start
      );
    });
    if (!whole || region.ptr + 4 * region.length > this.#memory.bytes) {
      throw new ArgumentError('region', 'a region of this arena', region);
    }
    return region;
  }

  #full(bytes: number): MemoryError {
    return new MemoryError(`requested ${mebibytes(bytes)} (${bytes} bytes), but ${this.free} bytes are free`);
  }
}
