import { arrayKind } from '../arrayKind.ts';
import { integer, reading } from '../check.ts';
import { ArgumentError, MemoryError } from '../errors.ts';
import { MemoryArena } from '../memory/arena.ts';
import { Layout, mebibytes, type Region } from '../memory/layout.ts';
import { isNumbers } from '../ndarray.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { requireKernel } from '../wasm/runtime.ts';

/** Where the next region would go. */
export type Mark = number & { readonly mark: unique symbol };

/**
 * A WebAssembly memory of a fixed size and the kernels over it. Regions are taken one after the other, on 64-byte
 * boundaries, and given back last first; views never detach.
 */
export class Arena {
  /** The kernels themselves: numbers in, a number or nothing out, nothing checked. */
  readonly kernels: KernelCalls;
  /** Bytes that regions and scratch memory may take. */
  readonly capacity: number;
  readonly #memory: MemoryArena;
  #layout = new Layout(MemoryArena.start);

  /**
   * @param capacity bytes for regions and scratch memory; each region takes its size rounded up to 64
   * @throws {StateError} before `init()`
   * @throws {FeatureError} kernels without BLAS: those of `unrolled/core` or `unrolled/inference`
   * @throws {MemoryError} beyond 2 GiB, or refused by the engine
   */
  constructor(capacity: number) {
    integer('capacity', capacity, 1);
    const layout = new Layout(MemoryArena.start);
    layout.take('an arena', Math.ceil(capacity / 4));
    this.#memory = new MemoryArena(layout.end);
    this.capacity = this.#memory.bytes - MemoryArena.start;
    requireKernel(this.#memory.kernels, 'sgemm_nn');
    this.kernels = this.#memory.kernels;
  }

  /** Bytes of the whole memory: pointers are below it. */
  get bytes(): number {
    return this.#memory.bytes;
  }

  /** Bytes still free. */
  get free(): number {
    return this.#memory.bytes - this.#layout.end;
  }

  /**
   * Room for 32-bit numbers, floats or integers, of a shape; zeros in a new arena, else what was there before.
   * @throws {MemoryError} more than is free
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
   * As take, filled: floats from a Float32Array or an array of numbers, integers from an Int32Array. Without a shape, as long
   * as the values.
   * @throws {MemoryError} more than is free, or more values than the shape has
   */
  put(values: Int32Array | ArrayLike<number>, ...shape: number[]): Region {
    if (!isNumbers(values)) throw new ArgumentError('values', 'an array of numbers', values);
    const region = this.take(...(shape.length ? shape : [values.length]));
    const view = arrayKind(values) === 'Int32Array' ? this.i32(region) : this.f32(region);
    if (values.length > view.length) throw this.#overflow(values.length, view.length);
    reading('values', values, () => view.set(values));
    return region;
  }

  /** A region's floats, in place. */
  f32(region: Region): Float32Array<ArrayBuffer> {
    const { ptr, length } = this.#checked(region);
    return this.#memory.f32.subarray(ptr / 4, ptr / 4 + length);
  }

  /** A region's integers, in place. */
  i32(region: Region): Int32Array<ArrayBuffer> {
    const { ptr, length } = this.#checked(region);
    return this.#memory.i32.subarray(ptr / 4, ptr / 4 + length);
  }

  /** Where the next region goes; `release` gives back all that is taken from here on. */
  mark(): Mark {
    return this.#layout.end as Mark;
  }

  /** Gives back every region taken since the mark. @throws {MemoryError} a mark beyond what is taken */
  release(mark: Mark): void {
    integer('mark', mark, MemoryArena.start);
    if (mark > this.#layout.end) throw new MemoryError('mark: it was given back before');
    this.#layout = new Layout(mark);
  }

  /**
   * Pointer to so many bytes of free memory, for one kernel call: the next region, or the next scratch, lies there too.
   * @throws {MemoryError} more than is free
   */
  scratch(bytes: number): number {
    integer('bytes', bytes, 0);
    if (bytes > this.free) throw this.#full(bytes);
    return this.#layout.end;
  }

  /** Lets the memory go; later calls throw. */
  dispose(): void {
    this.#memory.dispose();
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @throws {ArgumentError} what is no region of this arena */
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
    return new MemoryError(`${mebibytes(bytes)} (${bytes} bytes) asked for, and ${this.free} bytes are free`);
  }

  #overflow(values: number, room: number): MemoryError {
    return new MemoryError(`${values} values for a shape of ${room}`);
  }
}
