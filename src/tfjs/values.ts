import type { Backend, TensorInfo, Values } from './tf.ts';

/** Values of a tensor; on the wasm backend a view of its memory, which is valid until that grows. */
export function valuesOf(backend: Backend, tensor: TensorInfo): Values {
  return backend.typedArrayFromHeap?.(tensor) ?? backend.readSync(tensor.dataId);
}
