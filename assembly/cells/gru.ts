import { vsigmoid } from '../math/sigmoid';
import { vtanh } from '../math/tanh';
import { flush, loadLanes, madd, storeLanes } from '../simd';
import { isShared, meet, share, start } from '../team';

/**
 * One GRU step of B rows (Cho et al. 2014, the reset gate after the product as in PyTorch and cuDNN):
 * gates [B, 4H] holds a_n a_r a_z q, a_n without the hidden side, q = h0·W_hnᵀ + b_hn, and becomes n r z q;
 * n = tanh(a_n + r ⊙ q); h = n + z ⊙ (h0 − n). h0, h: [B, H].
 * The order n r z q makes both [n r z] (the input side) and [r z q] (the hidden side) contiguous in the backward pass.
 * A subnormal state becomes 0: rounding would keep it there.
 */
export function gru_cell_forward(B: i32, H: i32, gates: usize, h0: usize, h: usize): void {
  const s = (<usize>H) << 2;
  let n = H;
  if (isShared()) {
    n = share(H, 8);
    const at = start << 2;
    gates += at;
    h0 += at;
    h += at;
  }
  const rest: usize = ASC_FEATURE_THREADS ? s - ((<usize>n) << 2) : 0;
  for (; B > 0; B--, gates += s * 3 + rest, h0 += rest, h += rest) {
    let j = n;
    for (; j >= 8; j -= 8, gates += 32, h0 += 32, h += 32) forwardPair(gates, s, h0, h);
    while (j > 0) {
      const few = min(j, 4);
      forwardLanes(few, gates, s, h0, h);
      const lanes = (<usize>few) << 2;
      gates += lanes;
      h0 += lanes;
      h += lanes;
      j -= few;
    }
  }
  meet();
}

/**
 * Eight lanes as two vectors in step, all loads before all stores: the shape in which V8 can merge them into 256-bit
 * operations.
 */
// @ts-ignore: decorator
@inline
function forwardPair(gates: usize, s: usize, h0: usize, h: usize): void {
  const r0 = vsigmoid(v128.load(gates + s));
  const r1 = vsigmoid(v128.load(gates + s, 16));
  const z0 = vsigmoid(v128.load(gates + s * 2));
  const z1 = vsigmoid(v128.load(gates + s * 2, 16));
  const n0 = vtanh(madd(r0, v128.load(gates + s * 3), v128.load(gates)));
  const n1 = vtanh(madd(r1, v128.load(gates + s * 3, 16), v128.load(gates, 16)));
  const y0 = flush(madd(z0, f32x4.sub(v128.load(h0), n0), n0));
  const y1 = flush(madd(z1, f32x4.sub(v128.load(h0, 16), n1), n1));
  v128.store(gates, n0);
  v128.store(gates, n1, 16);
  v128.store(gates + s, r0);
  v128.store(gates + s, r1, 16);
  v128.store(gates + s * 2, z0);
  v128.store(gates + s * 2, z1, 16);
  v128.store(h, y0);
  v128.store(h, y1, 16);
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
  let along: usize = 0;
  if (dy) along = -1;
  let n = H;
  if (isShared()) {
    n = share(H, 8);
    const at = start << 2;
    gates += at;
    h0 += at;
    dh += at;
    if (dy) dy += at;
  }
  const rest: usize = ASC_FEATURE_THREADS ? s - ((<usize>n) << 2) : 0;
  for (; B > 0; B--, gates += s * 3 + rest, h0 += rest, dh += rest, dy += rest & along) {
    let j = n;
    for (; j >= 8; j -= 8, gates += 32, h0 += 32, dh += 32, dy += 32 & along) backwardPair(gates, s, h0, dh, dy);
    while (j > 0) {
      const few = min(j, 4);
      backwardLanes(few, gates, s, h0, dh, dy);
      const lanes = (<usize>few) << 2;
      gates += lanes;
      h0 += lanes;
      dh += lanes;
      dy += lanes & along;
      j -= few;
    }
  }
  meet();
}

/** As forwardPair. */
// @ts-ignore: decorator
@inline
function backwardPair(gates: usize, s: usize, h0: usize, dh: usize, dy: usize): void {
  const one = f32x4.splat(1);
  const n0 = v128.load(gates);
  const n1 = v128.load(gates, 16);
  const r0 = v128.load(gates + s);
  const r1 = v128.load(gates + s, 16);
  const z0 = v128.load(gates + s * 2);
  const z1 = v128.load(gates + s * 2, 16);
  const q0 = v128.load(gates + s * 3);
  const q1 = v128.load(gates + s * 3, 16);
  let d0 = v128.load(dh);
  let d1 = v128.load(dh, 16);
  if (dy) {
    d0 = f32x4.add(d0, v128.load(dy));
    d1 = f32x4.add(d1, v128.load(dy, 16));
  }
  const u0 = f32x4.sub(one, z0);
  const u1 = f32x4.sub(one, z1);
  const dz0 = f32x4.mul(d0, z0);
  const dz1 = f32x4.mul(d1, z1);
  const an0 = flush(f32x4.mul(f32x4.mul(d0, u0), f32x4.sub(one, f32x4.mul(n0, n0))));
  const an1 = flush(f32x4.mul(f32x4.mul(d1, u1), f32x4.sub(one, f32x4.mul(n1, n1))));
  const dq0 = f32x4.mul(an0, r0);
  const dq1 = f32x4.mul(an1, r1);
  const ar0 = flush(f32x4.mul(f32x4.mul(dq0, q0), f32x4.sub(one, r0)));
  const ar1 = flush(f32x4.mul(f32x4.mul(dq1, q1), f32x4.sub(one, r1)));
  const az0 = flush(f32x4.mul(f32x4.mul(dz0, u0), f32x4.sub(v128.load(h0), n0)));
  const az1 = flush(f32x4.mul(f32x4.mul(dz1, u1), f32x4.sub(v128.load(h0, 16), n1)));
  v128.store(gates, an0);
  v128.store(gates, an1, 16);
  v128.store(gates + s, ar0);
  v128.store(gates + s, ar1, 16);
  v128.store(gates + s * 2, az0);
  v128.store(gates + s * 2, az1, 16);
  v128.store(gates + s * 3, flush(dq0));
  v128.store(gates + s * 3, flush(dq1), 16);
  v128.store(dh, flush(dz0));
  v128.store(dh, flush(dz1), 16);
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
