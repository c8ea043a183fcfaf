import { allocated } from '../allocate.ts';
import { MemoryError } from '../errors.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { instantiate, type KernelBuild, runtime } from '../wasm/runtime.ts';
import { MAX_BYTES, mebibytes, type Region } from './layout.ts';

const PAGE = 65_536;

/** Bytes of whole WebAssembly pages that hold so many. */
export function pageBytes(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

/**
 * The one owner of a WebAssembly.Memory, and the kernels over it. Page 0 is nobody's but for one word that tells the
 * kernels which tiles run: pointer 0 means "none", and
 * the compiler takes no access below 1024 for granted.
 */
export class MemoryArena {
  /** The first byte that may be used. */
  static readonly start = PAGE;

  readonly build: KernelBuild;
  /** Whether the kernels can train. */
  readonly trains: boolean;
  #kernels: KernelCalls | undefined;
  #memory: WebAssembly.Memory | undefined;
  #f32!: Float32Array<ArrayBuffer>;
  #i32!: Int32Array<ArrayBuffer>;

  constructor(bytes: number) {
    const { module, kernels, revectorized, training } = runtime();
    this.build = kernels;
    this.trains = training;
    const pages = pageBytes(bytes) / PAGE;
    try {
      this.#memory = new WebAssembly.Memory({ initial: pages, maximum: MAX_BYTES / PAGE });
    } catch (error) {
      throw new MemoryError(`the engine gave no memory of ${mebibytes(pages * PAGE)}`, { cause: error });
    }
    this.#kernels = instantiate(module, this.#memory, revectorized);
    this.#view();
  }

  /** The kernels over the memory. */
  get kernels(): KernelCalls {
    if (!this.#kernels) throw disposed();
    return this.#kernels;
  }

  /** Size of the memory in bytes. */
  get bytes(): number {
    return this.#live.buffer.byteLength;
  }

  /** All of the memory; made anew when it grew, so never kept across a call that may plan. */
  get f32(): Float32Array<ArrayBuffer> {
    if (this.#f32.buffer !== this.#live.buffer) this.#view();
    return this.#f32;
  }

  /** As f32. */
  get i32(): Int32Array<ArrayBuffer> {
    if (this.#i32.buffer !== this.#live.buffer) this.#view();
    return this.#i32;
  }

  /** Grows the memory, if need be, so that it has so many bytes. Contents stay; views detach. */
  ensure(bytes: number): void {
    const missing = pageBytes(bytes) - this.bytes;
    if (missing <= 0) return;
    try {
      this.#live.grow(missing / PAGE);
    } catch (error) {
      throw new MemoryError(`the engine gave no memory of ${mebibytes(pageBytes(bytes))}`, { cause: error });
    }
  }

  /** Copy of a region's floats. */
  read({ ptr, length }: Pick<Region, 'ptr' | 'length'>): Float32Array<ArrayBuffer> {
    return allocated(4 * length, () => this.f32.slice(ptr / 4, ptr / 4 + length));
  }

  /** Overwrites the first floats of a region. */
  write({ ptr }: Region, values: ArrayLike<number>): void {
    this.f32.set(values, ptr / 4);
  }

  /** Zeros a region. */
  clear({ ptr, length }: Region): void {
    this.f32.fill(0, ptr / 4, ptr / 4 + length);
  }

  /** Copies a region to another of the same length. */
  copy(from: Region, to: Region): void {
    this.f32.copyWithin(to.ptr / 4, from.ptr / 4, from.ptr / 4 + from.length);
  }

  /** Lets the memory go. Every later access throws. */
  dispose(): void {
    this.#memory = undefined;
    this.#kernels = undefined;
    this.#f32 = new Float32Array();
    this.#i32 = new Int32Array();
  }

  get #live(): WebAssembly.Memory {
    if (!this.#memory) throw disposed();
    return this.#memory;
  }

  #view(): void {
    const { buffer } = this.#live;
    [this.#f32, this.#i32] = allocated(0, () => [new Float32Array(buffer), new Int32Array(buffer)]);
  }
}

function disposed(): MemoryError {
  return new MemoryError('the memory was disposed');
}
