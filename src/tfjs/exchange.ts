import { sizeOf } from './backend/shape.ts';
import type { Heap } from './heap.ts';
import type { Backend, Engine, TensorInfo } from './tf.ts';

/** Values of a tensor in our memory, as float32. */
export interface Opened {
  readonly ptr: number;
  /** Says that they are no longer needed. */
  close(): void;
}

/** Memory for a tensor that is yet to be written. */
export interface Written {
  readonly ptr: number;
  /** The tensor, once it is written. To be called once. */
  finish(): TensorInfo;
}

/** How passes get tensors of a backend into our memory, and out of it. */
export interface Exchange {
  /** Values of a tensor. They stay as they are until they are closed. */
  open(tensor: TensorInfo): Opened;
  /** A tensor of float32. */
  make(shape: number[]): Written;
  /** An object that is another one whenever the values of a tensor are others. */
  stamp(tensor: TensorInfo): object;
  /** Where the values of a tensor may be overwritten; undefined if they are shared or not in our memory. */
  writable(tensor: TensorInfo): number | undefined;
}

/** A backend whose tensors lie in our memory. */
export interface OurBackend extends Backend {
  readonly heap: Heap;
  pointer(tensor: TensorInfo): number | undefined;
  make(shape: number[]): { readonly ptr: number; readonly info: TensorInfo };
  stamp(tensor: TensorInfo): object;
  writable(tensor: TensorInfo): number | undefined;
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
}

/** The exchange with the backend that is selected. */
export function exchangeWith(engine: Engine, heap: Heap): Exchange {
  const backend = engine.backend as Backend & Partial<OurBackend>;
  const copies = new Copies(engine, heap);
  return backend.heap === heap ? new Shared(backend as OurBackend, copies) : copies;
}

/** Copies each way, for a backend with a memory of its own. */
class Copies implements Exchange {
  readonly #engine: Engine;
  readonly #heap: Heap;

  constructor(engine: Engine, heap: Heap) {
    this.#engine = engine;
    this.#heap = heap;
  }

  open({ dataId }: TensorInfo): Opened {
    const heap = this.#heap;
    const values = this.#engine.readSync(dataId);
    const bytes = values.length * 4;
    const ptr = heap.take(bytes);
    heap.arena.f32.set(values, ptr / 4);
    return { ptr, close: () => heap.release(ptr, bytes) };
  }

  make(shape: number[]): Written {
    const heap = this.#heap;
    const { backend } = this.#engine;
    const length = sizeOf(shape);
    const ptr = heap.take(length * 4);
    const finish = () => {
      const values = heap.arena.read({ ptr, length });
      heap.release(ptr, length * 4);
      return { dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32' };
    };
    return { ptr, finish };
  }

  stamp({ dataId }: TensorInfo): object {
    return dataId;
  }

  writable(): undefined {
    return undefined;
  }
}

/** No copies, but of other types than float32. */
class Shared implements Exchange {
  readonly #backend: OurBackend;
  readonly #copies: Copies;

  constructor(backend: OurBackend, copies: Copies) {
    this.#backend = backend;
    this.#copies = copies;
  }

  open(tensor: TensorInfo): Opened {
    const backend = this.#backend;
    const ptr = tensor.dtype === 'float32' ? backend.pointer(tensor) : undefined;
    if (ptr === undefined) return this.#copies.open(tensor);
    const { dataId } = tensor;
    backend.incRef(dataId);
    return { ptr, close: () => backend.disposeData(dataId) };
  }

  make(shape: number[]): Written {
    const { ptr, info } = this.#backend.make(shape);
    return { ptr, finish: () => info };
  }

  stamp(tensor: TensorInfo): object {
    return this.#backend.stamp(tensor);
  }

  writable(tensor: TensorInfo): number | undefined {
    return this.#backend.writable(tensor);
  }
}
