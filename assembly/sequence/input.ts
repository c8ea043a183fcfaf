import { sgemm_nn, sgemm_tn } from '../gemm/sgemm';
import { vec_fill } from '../vec/elementwise';
import { addByIndex } from '../vec/rows';

// A layer's input is x [T, B, I], V = 0; or index [T, B] of rows of a table x [V, I], V > 0. Then not the rows but the
// table is multiplied: P [V, gates] = bias + x·W_ihᵀ, of which each step gathers its rows (bits as without, since every
// product is summed in the order of k from the bias on). On the way back da is summed by index to dP [V, gates] first.
// A row of x that no index names meets a row of zeros in dP: NaN or Infinity there would reach dwIh.
// P and dP are the first `tableBytes(V, gates)` of the scratch memory.

/** Bytes of P [V, n], up to the next 64. */
// @ts-ignore: decorator
@inline
export function tableBytes(V: i32, n: i32): usize {
  return ((<usize>V * <usize>n << 2) + 63) & ~63;
}

/** dP[V, n] = Σ of the rows of da [m, n] by their index. ldda: bytes from row to row. */
export function sumByIndex(m: i32, n: i32, da: usize, ldda: usize, index: usize, V: i32, dP: usize): void {
  vec_fill(V * n, 0, dP);
  addByIndex(m, n, da, ldda, index, dP);
}

/**
 * dwIh[n, I] += daᵀ·x, and unless dx is 0 dx = da·W_ih, to which `add` adds what dx was. da [m, n], ldda floats from
 * row to row; x, dx [m, I]. work: `gemmWork` of both products.
 */
export function inputGradients(
  m: i32, n: i32, I: i32,
  da: usize, ldda: i32, x: usize, wIh: usize, dwIh: usize, dx: usize, add: i32, work: usize,
): void {
  sgemm_tn(n, I, m, da, ldda, x, I, 1, dwIh, I, work);
  if (dx) sgemm_nn(m, I, n, da, ldda, wIh, I, add, dx, I, work);
}
