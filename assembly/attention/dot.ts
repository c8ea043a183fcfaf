import { sgemm_nn, sgemm_nt, sgemm_tn } from '../gemm/sgemm';

// Attention between two sequences of each row of a batch. `sizes` [batch, 2] are the steps of the query and of the value
// of each, 0 or more; their rows lie one sequence after the other: q [Σ steps, d]. The scores of a sequence are [query
// steps, value steps], one sequence after the other, too.

/** scores = Q·Kᵀ. work: `attentionWork(Tq, Tv, d)` bytes, Tq and Tv the most steps. */
export function dot_scores(batch: i32, sizes: usize, d: i32, q: usize, k: usize, scores: usize, work: usize): void {
  for (let b = 0; b < batch; b++, sizes += 8) {
    const m = load<i32>(sizes);
    const n = load<i32>(sizes, 4);
    if (m && n) sgemm_nt(m, n, d, q, d, k, d, 0, scores, n, work);
    q += (<usize>m * <usize>d) << 2;
    k += (<usize>n * <usize>d) << 2;
    scores += (<usize>m * <usize>n) << 2;
  }
}

/** From the gradient of scores: dq = dS·K and dk = dSᵀ·Q. Sequences without steps on the other side get zeros. */
export function dot_scores_backward(
  batch: i32, sizes: usize, d: i32, q: usize, k: usize, dscores: usize, dq: usize, dk: usize, work: usize,
): void {
  for (let b = 0; b < batch; b++, sizes += 8) {
    const m = load<i32>(sizes);
    const n = load<i32>(sizes, 4);
    if (m) sgemm_nn(m, d, n, dscores, n, k, d, 0, dq, d, work);
    if (n) sgemm_tn(n, d, m, dscores, n, q, d, 0, dk, d, work);
    const queries = (<usize>m * <usize>d) << 2;
    const keys = (<usize>n * <usize>d) << 2;
    q += queries;
    dq += queries;
    k += keys;
    dk += keys;
    dscores += (<usize>m * <usize>n) << 2;
  }
}
