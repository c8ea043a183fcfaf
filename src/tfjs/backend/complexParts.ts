import type { CpuBackend } from './cpuBackend.ts';

/** Classes whose `move` sets the parts. */
const repaired = new WeakSet<object>();

/**
 * Makes `move` set the parts of complex numbers, which kernels read: TF.js's (4.22) keeps the values only, so that they are lost.
 * It stays so after `install` is undone, as tensors move then.
 */
export function keepParts(Backend: new () => CpuBackend): void {
  if (repaired.has(Backend)) return;
  repaired.add(Backend);
  const prototype: CpuBackend = Backend.prototype;
  const { move } = prototype;
  prototype.move = function (dataId, values, shape, dtype, refCount) {
    move.call(this, dataId, values, shape, dtype, refCount);
    if (dtype !== 'complex64' || !values) return;
    // they take turns
    const part = (k: number) =>
      this.makeTensorInfo(
        shape,
        'float32',
        (values as Float32Array).filter((_, i) => i % 2 === k),
      );
    this.data.get(dataId).complexTensorInfos = { real: part(0), imag: part(1) };
  };
}
