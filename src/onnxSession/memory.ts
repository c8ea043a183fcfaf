import type { Slots } from '../engine/slots.ts';
import { entry } from '../entry.ts';
import type { TensorData } from '../formats/onnx/tensor.ts';
import { MemoryArena } from '../memory/arena.ts';
import { Layout } from '../memory/layout.ts';
import { requireKernel } from '../wasm/runtime.ts';
import type { Kept } from './value.ts';

/** The memory of a session: constants and packed weights, which plans share, and blocks of plans. */
export class SessionMemory {
  readonly arena = new MemoryArena(MemoryArena.start);
  #layout = new Layout(MemoryArena.start);
  #placed = new Map<TensorData, number>();
  /** Constants with a place that are not in memory yet. */
  #unwritten: [ptr: number, data: TensorData][] = [];
  #kept = new Map<string, Kept>();
  #ids = new WeakMap<TensorData, number>();
  #count = 0;
  #derived = new WeakMap<TensorData, Map<string, TensorData>>();

  /** @throws {FeatureError} with the kernels of `unrolled/core` or `unrolled/inference` */
  constructor() {
    requireKernel(this.arena.kernels, 'tensor_copy');
  }

  /** The first free byte. */
  get end(): number {
    return this.#layout.end;
  }

  /** Pointer to `words` new words, which may hold anything; they are there after `commit`. */
  take(words: number): number {
    return this.#layout.take('the model', words).ptr;
  }

  /** Gives slots their places. */
  takeSlots(slots: Slots): void {
    slots.place(this.#layout, 'the model');
  }

  /** Pointer to a constant, which is there after `commit`. */
  place(data: TensorData): number {
    return entry(this.#placed, data, () => {
      const ptr = this.take(data.length);
      this.#unwritten.push([ptr, data]);
      return ptr;
    });
  }

  /** Takes the memory of all that has a place, which only a run needs. */
  commit(): void {
    this.arena.ensure(this.#layout.end);
    for (const [ptr, data] of this.#unwritten) this.write(ptr, data);
    this.#unwritten = [];
  }

  write(ptr: number, data: TensorData): void {
    if (data instanceof Float32Array) this.arena.f32.set(data, ptr / 4);
    else this.arena.i32.set(data, ptr / 4);
  }

  /** Memory for what is made of constants, shared by all that ask for it with the same name. */
  keep(sources: readonly TensorData[], name: string, bytes: number): Kept {
    const ids = sources.map((source) => entry(this.#ids, source, () => this.#count++));
    return entry(this.#kept, `${name} ${ids}`, () => ({ bytes, ptr: 0, ready: 0 }));
  }

  /** A constant made of another, made once. */
  derive(source: TensorData, name: string, make: () => TensorData): TensorData {
    return entry(
      entry(this.#derived, source, () => new Map<string, TensorData>()),
      name,
      make,
    );
  }

  /** Frees everything: no plan made before can run. */
  reset(): void {
    this.#layout = new Layout(MemoryArena.start);
    this.#placed.clear();
    this.#unwritten = [];
    this.#kept.clear();
  }
}
