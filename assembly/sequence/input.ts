import { sgemm_nn, sgemm_tn_reversed } from '../gemm/sgemm';

// A layer's input is x [N, I], V = 0; or index [N] of rows of a table x [V, I], V > 0. Then not the rows but the
// table is multiplied: P [V, gates] = bias + x·W_ihᵀ, from which each step gathers its rows (the same bits as without it, since every
// product is summed in the order of k from the bias on). On the way back da is summed by index to dP [V, gates] first:
// over all calls since dP was cleared; the last one (`finish`) multiplies.
// A row of x that no index names meets a row of zeros in dP: NaN or Infinity there would reach dwIh.
// P is the first `tableBytes(V, gates)` of the scratch memory.

/** Bytes of P [V, n], up to the next 64. */
// @ts-ignore: decorator
@inline
export function tableBytes(V: i32, n: i32): usize {
  return ((<usize>V * <usize>n << 2) + 63) & ~63;
}

/**
 * dwIh[n, I] += daᵀ·x, from the last row to the first; unless dx is 0 dx = da·W_ih, to which `add` adds what dx was.
 * da [m, n], ldda floats from row to row; x, dx [m, I]. work: `gemmWork` of both products.
 */
export function inputGradients(
  m: i32, n: i32, I: i32,
  da: usize, ldda: i32, x: usize, wIh: usize, dwIh: usize, dx: usize, add: i32, work: usize,
): void {
  sgemm_tn_reversed(n, I, m, da, ldda, x, I, dwIh, I, work);
  if (dx) sgemm_nn(m, I, n, da, ldda, wIh, I, add, dx, I, work);
}
