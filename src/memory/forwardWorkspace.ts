/** As workspace.ts, of the kernels that sessions of ONNX models call by themselves: what a page loads for them is cut by file. */
import { KC, MC, NC, TILE_BYTES } from '../wasm/generated/constants.ts';
import { align } from './layout.ts';

/** B[k, n] packed in panels of 8 columns. */
export function packed(k: number, n: number): number {
  return k * Math.ceil(n / 8) * 32;
}

/** sgemm_nn, sgemm_nt, sgemm_tn, sgemv_n with C[m, n] and depth k. */
export function gemmWork(m: number, n: number, k: number): number {
  const depth = Math.min(k, KC);
  // a block of B and a block of Aᵀ; or, for few rows, the last columns of B at full depth
  return TILE_BYTES + Math.max(packed(depth, Math.min(n, NC)) + depth * Math.min(m, MC) * 4, packed(k, 8));
}

/** linear_forward with W[n, k]. */
export function linearWork(n: number, k: number): number {
  return TILE_BYTES + packed(k, n);
}

/** P[V, gates] (assembly/sequence/input.ts); none without a table. */
function table(V: number, gates: number): number {
  return align(V * gates * 4);
}

/** rnn_forward and rnn_forward_train; tableSize: rows of the table, 0 for none. */
export function rnnWork(inputSize: number, hiddenSize: number, tableSize: number): number {
  const H = hiddenSize;
  return table(tableSize, H) + TILE_BYTES + H * 4 + packed(inputSize, H) + packed(H, H);
}

/** lstm_forward and lstm_forward_train. */
export function lstmWork(inputSize: number, hiddenSize: number, tableSize: number): number {
  const G = 4 * hiddenSize;
  return table(tableSize, G) + TILE_BYTES + G * 4 + packed(inputSize, G) + packed(hiddenSize, G);
}

/** gru_forward and gru_forward_train. */
export function gruWork(inputSize: number, hiddenSize: number, tableSize: number): number {
  const H = hiddenSize;
  const bias = 4 * H * 4;
  const weights = packed(inputSize, H) + packed(inputSize, 2 * H) + packed(H, 2 * H) + packed(H, H);
  return table(tableSize, 3 * H) + TILE_BYTES + bias + weights;
}
