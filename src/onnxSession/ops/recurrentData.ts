import type { TensorData } from '../../formats/onnx/tensor.ts';

/** A recurrent operator in one direction. */
export interface Cell {
  readonly kind: 'RNN' | 'GRU' | 'LSTM';
  readonly T: number;
  readonly N: number;
  readonly I: number;
  readonly H: number;
  readonly bias: boolean;
  /** Index of the direction, and how many there are. */
  readonly d: number;
  readonly D: number;
}

/** Number of gates. */
export const GATE_COUNTS = { RNN: 1, GRU: 3, LSTM: 4 } as const;

/** Activations where none are given. */
export const USUAL = { RNN: ['Tanh'], GRU: ['Sigmoid', 'Tanh'], LSTM: ['Sigmoid', 'Tanh', 'Tanh'] } as const;

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
