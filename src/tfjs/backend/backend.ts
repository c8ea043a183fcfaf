import { StateError } from '../../errors.ts';
import type { KernelCalls } from '../../wasm/generated/kernelCalls.ts';
import type { Heap } from '../heap.ts';
import type { TensorInfo, Values } from '../tf.ts';
import { keepParts } from './complexParts.ts';
import type { CpuBackend } from './cpuBackend.ts';
import { Data, stamps } from './data.ts';
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
  /** Where the values of a tensor of float32 may be overwritten; undefined if other tensors share them. */
  writable(tensor: TensorInfo): number | undefined;
}

/** Makes the backend as a subclass of TF.js's cpu backend, whose kernels it can run. */
export function makeBackend(Cpu: new () => CpuBackend, heap: Heap): UnrolledBackend {
  let isRemoved = false;
  const check = () => {
    if (isRemoved) throw new StateError(`the backend '${BACKEND}' was removed: undo install, call it again`);
  };
  class Unrolled extends Cpu implements UnrolledBackend {
    readonly heap = heap;

    get kernels(): KernelCalls {
      check();
      return heap.arena.kernels;
    }

    override write(values: Values, _shape: number[], dtype: string): object {
      const dataId = {};
      this.move(dataId, values, _shape, dtype, 1);
      return dataId;
    }

    override move(dataId: object, values: Values, _shape: number[], dtype: string, refCount: number): void {
      check();
      // a view of our memory would change
      const own = values?.buffer === heap.arena.f32.buffer ? (values.slice() as Values) : values;
      const data = new Data(heap, dtype, own);
      data.refCount = refCount;
      this.data.set(dataId, data);
    }

    make(shape: number[], dtype = 'float32'): Made {
      check();
      const dataId = {};
      const data = new Data(heap, dtype, undefined, sizeOf(shape));
      const ptr = data.pointer(dataId)!;
      this.data.set(dataId, data);
      return { ptr, info: { dataId, shape, dtype } };
    }

    pointer({ dataId, dtype }: TensorInfo, expected = dtype): number | undefined {
      if (dtype !== expected) return undefined;
      const data = this.data.get(dataId);
      return data.dtype === dtype ? data.pointer(dataId) : undefined;
    }

    writable(tensor: TensorInfo): number | undefined {
      const { dataId } = tensor;
      if (this.data.get(dataId).refCount !== 1) return undefined;
      stamps.set(dataId, {});
      return this.pointer(tensor);
    }

    override readSync(dataId: object): Values {
      check();
      return super.readSync(dataId)?.slice() as Values;
    }

    override disposeData(dataId: object, force = false): boolean {
      if (!this.data.has(dataId)) return true;
      const data = this.data.get(dataId);
      const gone = super.disposeData(dataId, force);
      if (gone) data.free();
      return gone;
    }

    memory(): object {
      return { unreliable: false };
    }

    override dispose(): void {
      isRemoved = true;
    }
  }
  for (const each of [Cpu, Unrolled]) keepParts(each);
  return new Unrolled();
}
