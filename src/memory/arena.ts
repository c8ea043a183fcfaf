import { allocated } from '../allocate.ts';
import { MemoryError } from '../errors.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import { instantiate, type KernelBuild, runtime } from '../wasm/runtime.ts';
import { choose, WIDE_AT } from '../wasm/tiles.ts';
import { MAX_BYTES, type Region } from './layout.ts';

const PAGE = 65_536;

/** Rounds bytes up to whole WebAssembly pages. */
export function pageBytes(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

/**
 * Owns a WebAssembly.Memory and the kernels that run on it. Page 0 is reserved: pointer 0 means "none", and one word
 * holds the tile flag.
 */
export class MemoryArena {
  /** First usable byte. */
  static readonly start = PAGE;

  readonly build: KernelBuild;
  /** Whether the kernels can train. */
  readonly trains: boolean;
  #kernels: KernelCalls | undefined;
  #memory: WebAssembly.Memory | undefined;
  /** Made when they are asked for, also after the memory has grown. */
  #f32: Float32Array<ArrayBuffer> | undefined;
  #i32: Int32Array<ArrayBuffer> | undefined;

  constructor(bytes: number) {
    const { module, kernels, revectorized, training, shared } = runtime();
    this.build = kernels;
    this.trains = training;
    const initial = pageBytes(bytes) / PAGE;
    const memory = allocated(
      initial * PAGE,
      () => new WebAssembly.Memory({ initial, maximum: MAX_BYTES / PAGE, shared: !!shared }),
    );
    this.#memory = memory;
    this.#kernels = instantiate(shared ?? module, memory);
    this.i32[WIDE_AT] = +revectorized;
    choose(this, 0);
  }

  /** The kernels on this memory. */
  get kernels(): KernelCalls {
    if (!this.#kernels) throw disposed();
    return this.#kernels;
  }

  /** Size of the memory in bytes. */
  get bytes(): number {
    return this.#live.buffer.byteLength;
  }

  /** View of all of the memory. Do not keep it across a call that may grow the memory. */
  get f32(): Float32Array<ArrayBuffer> {
    return (this.#f32 ??= this.#view(Float32Array));
  }

  /** View as f32. */
  get i32(): Int32Array<ArrayBuffer> {
    return (this.#i32 ??= this.#view(Int32Array));
  }

  /** Grows the memory to at least `bytes` bytes. Contents are kept; views detach. */
  ensure(bytes: number): void {
    const missing = pageBytes(bytes) - this.bytes;
    if (missing <= 0) return;
    allocated(pageBytes(bytes), () => this.#live.grow(missing / PAGE));
    this.#f32 = this.#i32 = undefined;
  }

  /** Copies a region's floats. */
  read({ ptr, length }: Pick<Region, 'ptr' | 'length'>): Float32Array<ArrayBuffer> {
    return allocated(4 * length, () => this.f32.slice(ptr / 4, ptr / 4 + length));
  }

  /** Overwrites the first floats of a region. */
  write({ ptr }: Region, values: ArrayLike<number>): void {
    this.f32.set(values, ptr / 4);
  }

  /** Zeros a region. */
  clear({ ptr, length }: Region): void {
    // V8 takes 4 to 14 times as long to fill shared memory; in other memory 1024 floats take the same time
    if (this.trains) this.kernels.vec_fill(length, 0, ptr);
    else this.f32.fill(0, ptr / 4, ptr / 4 + length);
  }

  /** Copies a region to another of the same length. */
  copy(from: Region, to: Region): void {
    this.f32.copyWithin(to.ptr / 4, from.ptr / 4, from.ptr / 4 + from.length);
  }

  /** Frees the memory. Later accesses throw. */
  dispose(): void {
    this.#memory = undefined;
    this.#kernels = this.#f32 = this.#i32 = undefined;
  }

  get #live(): WebAssembly.Memory {
    if (!this.#memory) throw disposed();
    return this.#memory;
  }

  #view<T>(View: new (buffer: ArrayBuffer) => T): T {
    const { buffer } = this.#live;
    return allocated(0, () => new View(buffer));
  }
}

function disposed(): MemoryError {
  return new MemoryError('the memory was disposed');
}
