import { vsigmoid } from '../math/sigmoid';
import { vtanh } from '../math/tanh';
import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * One GRU step of B rows (Cho et al. 2014, the reset gate after the product as in PyTorch and cuDNN):
 * gates [B, 4H] holds a_n a_r a_z q, a_n without the hidden side, q = h0·W_hnᵀ + b_hn, and becomes n r z q;
 * n = tanh(a_n + r ⊙ q); h = n + z ⊙ (h0 − n). h0, h: [B, H].
 * The order n r z q makes both [n r z] (the input side) and [r z q] (the hidden side) contiguous in the backward pass.
 * A subnormal state becomes 0: rounding would keep it there.
 */
export function gru_cell_forward(B: i32, H: i32, gates: usize, h0: usize, h: usize): void {
  const s = (<usize>H) << 2;
  for (; B > 0; B--, gates += s * 3) {
    let j = H;
    for (; j >= 4; j -= 4, gates += 16, h0 += 16, h += 16) forwardLanes(4, gates, s, h0, h);
    if (j > 0) {
      forwardLanes(j, gates, s, h0, h);
      const tail = (<usize>j) << 2;
      gates += tail;
      h0 += tail;
      h += tail;
    }
  }
}

// @ts-ignore: decorator
@inline
function forwardLanes(lanes: i32, gates: usize, s: usize, h0: usize, h: usize): void {
  const r = vsigmoid(loadLanes(gates + s, lanes));
  const z = vsigmoid(loadLanes(gates + s * 2, lanes));
  const n = vtanh(madd(r, loadLanes(gates + s * 3, lanes), loadLanes(gates, lanes)));
  storeLanes(gates, n, lanes);
  storeLanes(gates + s, r, lanes);
  storeLanes(gates + s * 2, z, lanes);
  storeLanes(h, flush(madd(z, f32x4.sub(loadLanes(h0, lanes), n), n)), lanes);
}

/**
 * The step back: gates [B, 4H] holds n r z q and becomes da_n da_r da_z dq; dh [B, H] holds what comes from the
 * next step and becomes (dh + dy) ⊙ z, the part of dL/dh0 that does not pass through W_hh. dy: from the output, 0
 * for none; h0: before the step. Subnormal gradients become 0.
 */
export function gru_cell_backward(B: i32, H: i32, gates: usize, h0: usize, dh: usize, dy: usize): void {
  const s = (<usize>H) << 2;
  for (; B > 0; B--, gates += s * 3) {
    let j = H;
    for (; j >= 4; j -= 4, gates += 16, h0 += 16, dh += 16) {
      backwardLanes(4, gates, s, h0, dh, dy);
      if (dy) dy += 16;
    }
    if (j > 0) {
      backwardLanes(j, gates, s, h0, dh, dy);
      const tail = (<usize>j) << 2;
      gates += tail;
      h0 += tail;
      dh += tail;
      if (dy) dy += tail;
    }
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(lanes: i32, gates: usize, s: usize, h0: usize, dh: usize, dy: usize): void {
  const one = f32x4.splat(1);
  const n = loadLanes(gates, lanes);
  const r = loadLanes(gates + s, lanes);
  const z = loadLanes(gates + s * 2, lanes);
  const q = loadLanes(gates + s * 3, lanes);
  let d = loadLanes(dh, lanes);
  if (dy) d = f32x4.add(d, loadLanes(dy, lanes));
  const u = f32x4.sub(one, z);
  const dz = f32x4.mul(d, z);
  const an = flush(f32x4.mul(f32x4.mul(d, u), f32x4.sub(one, f32x4.mul(n, n))));
  const anr = f32x4.mul(an, r);
  storeLanes(gates, an, lanes);
  storeLanes(gates + s, flush(f32x4.mul(f32x4.mul(anr, q), f32x4.sub(one, r))), lanes);
  storeLanes(gates + s * 2, flush(f32x4.mul(f32x4.mul(dz, u), f32x4.sub(loadLanes(h0, lanes), n))), lanes);
  storeLanes(gates + s * 3, flush(anr), lanes);
  storeLanes(dh, flush(dz), lanes);
}
