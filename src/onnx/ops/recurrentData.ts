import type { TensorData } from '../../formats/onnx/tensor.ts';

/** Blocks of rows in another order: block i of the result is block order[i] of `from`. */
export function blocks(
  from: TensorData,
  at: number,
  rows: number,
  columns: number,
  order: readonly number[],
): Float32Array<ArrayBuffer> {
  const size = rows * columns;
  const out = new Float32Array(size * order.length);
  for (const [i, block] of order.entries()) {
    out.set(from.subarray(at + block * size, at + (block + 1) * size), i * size);
  }
  return out;
}

/** Order of gates in the kernels (PyTorch's) in blocks of ONNX: i f g o from i o f c, r z n from z r h. */
export const ORDERS: Readonly<Record<number, readonly number[]>> = { 1: [0], 3: [1, 0, 2], 4: [0, 2, 3, 1] };

/** Where the parts of scratch memory lie, in bytes. */
export class Parts {
  bytes = 0;

  /** Offset of `floats` floats. */
  take(floats: number): number {
    const at = this.bytes;
    this.bytes += 64 * Math.ceil(floats / 16);
    return at;
  }
}
