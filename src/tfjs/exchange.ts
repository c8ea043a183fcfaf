import type { UnrolledBackend } from './backend/backend.ts';
import { sizeOf } from './backend/shape.ts';
import type { Heap } from './heap.ts';
import type { Engine, TensorInfo } from './tf.ts';

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
  /** Where the values of a tensor may be overwritten; undefined if they are shared or not in our memory. */
  writable(tensor: TensorInfo): number | undefined;
}

/** A tensor of float32 that `write` writes to a pointer. */
export function written(exchange: Exchange, shape: number[], write: (ptr: number) => void): TensorInfo {
  const { ptr, finish } = exchange.make(shape);
  write(ptr);
  return finish();
}

/** The exchange with the backend that is selected. */
export function exchangeWith(engine: Engine, heap: Heap): Exchange {
  // if its heap is ours: of another one only `write` is called
  const backend = engine.backend as UnrolledBackend;
  /** For a backend with a memory of its own, and for other types than float32. */
  const copied = ({ dataId }: TensorInfo): Opened => {
    const values = engine.readSync(dataId);
    const bytes = values.length * 4;
    const ptr = heap.take(bytes);
    heap.arena.f32.set(values, ptr / 4);
    return { ptr, close: () => heap.release(ptr, bytes) };
  };
  if (backend.heap === heap) {
    return {
      open(tensor) {
        const ptr = backend.pointer(tensor, 'float32');
        if (ptr === undefined) return copied(tensor);
        const { dataId } = tensor;
        const data = backend.data.get(dataId);
        data.refCount++;
        data.pins++;
        return {
          ptr,
          close() {
            data.pins--;
            // its tensor was disposed of meanwhile
            if (backend.disposeData(dataId)) engine.removeDataId(dataId, backend);
          },
        };
      },
      make(shape) {
        const { ptr, info } = backend.make(shape);
        return { ptr, finish: () => info };
      },
      writable: (tensor) => backend.writable(tensor),
    };
  }
  return {
    open: copied,
    make(shape) {
      const length = sizeOf(shape);
      const ptr = heap.take(length * 4);
      const finish = () => {
        const values = heap.arena.read({ ptr, length });
        heap.release(ptr, length * 4);
        return { dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32' };
      };
      return { ptr, finish };
    },
    writable: () => undefined,
  };
}
