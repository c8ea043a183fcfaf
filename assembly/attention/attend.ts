import { sgemm_nn, sgemm_nt, sgemm_tn } from '../gemm/sgemm';
import { softmax_rows } from '../loss/cross_entropy';
import { softmax_backward } from '../loss/softmax';
import { vec_scale } from '../vec/elementwise';

/**
 * weights = softmax(scale · scores) over the steps of the value, and o = weights · V: o [Σ query steps, dv], zeros where
 * the value has no steps. weights may be scores; sizes and work as in dot_scores, with dv for d.
 */
export function attend(
  batch: i32, sizes: usize, dv: i32, scale: f32, scores: usize, v: usize, weights: usize, o: usize, work: usize,
): void {
  for (let b = 0; b < batch; b++, sizes += 8) {
    const m = load<i32>(sizes);
    const n = load<i32>(sizes, 4);
    if (m && n) softmax_rows(m, n, scale, scores, weights);
    if (m) sgemm_nn(m, dv, n, weights, n, v, dv, 0, o, dv, work);
    o += (<usize>m * <usize>dv) << 2;
    v += (<usize>n * <usize>dv) << 2;
    const all = (<usize>m * <usize>n) << 2;
    scores += all;
    weights += all;
  }
}

/** From do of attend: dvalue = weightsᵀ · dO, and the gradient of the scores. */
export function attend_backward(
  batch: i32, sizes: usize, dv: i32, scale: f32, weights: usize, v: usize, dout: usize, dvalue: usize,
  dscores: usize, work: usize,
): void {
  for (let b = 0; b < batch; b++, sizes += 8) {
    const m = load<i32>(sizes);
    const n = load<i32>(sizes, 4);
    if (n) sgemm_tn(n, dv, m, weights, n, dout, dv, 0, dvalue, dv, work);
    if (m && n) {
      sgemm_nt(m, n, dv, dout, dv, v, dv, 0, dscores, n, work);
      softmax_backward(m, n, dscores, weights, dscores);
      if (scale != 1) vec_scale(m * n, scale, dscores);
    }
    dout += (<usize>m * <usize>dv) << 2;
    const values = (<usize>n * <usize>dv) << 2;
    v += values;
    dvalue += values;
    const all = (<usize>m * <usize>n) << 2;
    weights += all;
    dscores += all;
  }
}
