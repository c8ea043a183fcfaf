import { StateError } from '../../errors.ts';
import type { KernelCalls } from '../../wasm/generated/kernelCalls.ts';
import type { Heap } from '../heap.ts';
import type { TensorInfo, Values } from '../tf.ts';
import { keepParts } from './complexParts.ts';
import type { CpuBackend } from './cpuBackend.ts';
import { Data } from './data.ts';
import { sizeOf } from './shape.ts';

/** The name under which the backend is registered. */
export const BACKEND = 'unrolled';

/** A tensor that is yet to be written. */
export interface Made {
  readonly ptr: number;
  readonly info: TensorInfo;
}

/** A backend whose tensors lie in one memory with our kernels. */
export interface UnrolledBackend extends CpuBackend {
  readonly heap: Heap;
  /** The kernels on its memory. @throws {StateError} once it was removed */
  readonly kernels: KernelCalls;
  /** Where the values of a tensor lie; undefined for strings, complex numbers, data of another type, and another one than dtype. */
  pointer(tensor: TensorInfo, dtype?: string): number | undefined;
  /** Memory for a tensor of float32, int32 or bool. */
  make(shape: number[], dtype?: string): Made;
  /** An object that is another one whenever the values of a tensor are others. */
  stamp(tensor: TensorInfo): object;
  /** Where the values of a tensor of float32 may be overwritten; undefined if other tensors share them. */
  writable(tensor: TensorInfo): number | undefined;
}

/** Makes the backend as a subclass of TF.js's cpu backend, whose kernels it can run. */
export function makeBackend(Cpu: new () => CpuBackend, heap: Heap): UnrolledBackend {
  class Unrolled extends Cpu implements UnrolledBackend {
    readonly heap = heap;
    /** Frees the memory of tensors that a program has dropped without disposing of them. */
    readonly #dropped = new FinalizationRegistry<Data>((data) => data.free());
    #isRemoved = false;

    get kernels(): KernelCalls {
      this.#check();
      return heap.arena.kernels;
    }

    override write(values: Values, _shape: number[], dtype: string): object {
      const dataId = {};
      this.move(dataId, values, _shape, dtype, 1);
      return dataId;
    }

    override move(dataId: object, values: Values, _shape: number[], dtype: string, refCount: number): void {
      this.#check();
      // a view of our memory would change
      const own = values?.buffer === heap.arena.f32.buffer ? (values.slice() as Values) : values;
      const data = new Data(heap, dtype, own);
      data.refCount = refCount;
      this.data.set(dataId, data);
    }

    make(shape: number[], dtype = 'float32'): Made {
      this.#check();
      const dataId = {};
      const data = new Data(heap, dtype, undefined, sizeOf(shape));
      const ptr = this.#place(dataId, data)!;
      this.data.set(dataId, data);
      return { ptr, info: { dataId, shape, dtype } };
    }

    pointer({ dataId, dtype }: TensorInfo, expected = dtype): number | undefined {
      if (dtype !== expected) return undefined;
      const data = this.data.get(dataId);
      return data.dtype === dtype ? this.#place(dataId, data) : undefined;
    }

    #place(dataId: object, data: Data): number | undefined {
      const isNew = !data.isInMemory;
      const ptr = data.pointer();
      if (isNew && ptr) this.#dropped.register(dataId, data, data);
      return ptr;
    }

    stamp({ dataId }: TensorInfo): object {
      return this.data.get(dataId).stamp;
    }

    writable(tensor: TensorInfo): number | undefined {
      const data = this.data.get(tensor.dataId);
      if (data.refCount !== 1 || tensor.dtype !== 'float32') return undefined;
      data.change();
      return this.pointer(tensor);
    }

    override readSync(dataId: object): Values {
      this.#check();
      return super.readSync(dataId)?.slice() as Values;
    }

    override disposeData(dataId: object, force = false): boolean {
      if (!this.data.has(dataId)) return true;
      const data = this.data.get(dataId);
      const gone = super.disposeData(dataId, force);
      if (gone) {
        if (data.isInMemory) this.#dropped.unregister(data);
        data.free();
      }
      return gone;
    }

    memory(): object {
      return { unreliable: false };
    }

    override dispose(): void {
      this.#isRemoved = true;
    }

    #check(): void {
      if (this.#isRemoved)
        throw new StateError(`the backend '${BACKEND}' was removed: undo install, call it again`);
    }
  }
  for (const each of [Cpu, Unrolled]) keepParts(each);
  return new Unrolled();
}
