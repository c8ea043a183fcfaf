import { vsigmoid } from '../math/sigmoid';
import { tanhCall, vtanh } from '../math/tanh';
import { flush, loadLanes, madd, storeLanes } from '../simd';
import { isShared, meet, share, start } from '../team';

/**
 * One LSTM step of B rows (Hochreiter & Schmidhuber 1997 with the forget gate of Gers 2000, as PyTorch):
 * gates [B, 4H] holds a_i a_f a_g a_o and becomes i f g o; c = f ⊙ c0 + i ⊙ g; h = o ⊙ tanh c.
 * c0, c, h: [B, H]; c may be c0. Subnormal states become 0.
 */
export function lstm_cell_forward(B: i32, H: i32, gates: usize, c0: usize, c: usize, h: usize): void {
  const s = (<usize>H) << 2;
  let n = H;
  if (isShared()) {
    n = share(H, 8);
    const at = start << 2;
    gates += at;
    c0 += at;
    c += at;
    h += at;
  }
  const rest: usize = ASC_FEATURE_THREADS ? s - ((<usize>n) << 2) : 0;
  for (; B > 0; B--, gates += s * 3 + rest, c0 += rest, c += rest, h += rest) {
    let j = n;
    for (; j >= 8; j -= 8, gates += 32, c0 += 32, c += 32, h += 32) forwardPair(gates, s, c0, c, h);
    while (j > 0) {
      const few = min(j, 4);
      forwardLanes(few, gates, s, c0, c, h);
      const lanes = (<usize>few) << 2;
      gates += lanes;
      c0 += lanes;
      c += lanes;
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
function forwardPair(gates: usize, s: usize, c0: usize, c: usize, h: usize): void {
  const i0 = vsigmoid(v128.load(gates));
  const i1 = vsigmoid(v128.load(gates, 16));
  const f0 = vsigmoid(v128.load(gates + s));
  const f1 = vsigmoid(v128.load(gates + s, 16));
  const g0 = vtanh(v128.load(gates + s * 2));
  const g1 = vtanh(v128.load(gates + s * 2, 16));
  const o0 = vsigmoid(v128.load(gates + s * 3));
  const o1 = vsigmoid(v128.load(gates + s * 3, 16));
  const ct0 = flush(madd(f0, v128.load(c0), f32x4.mul(i0, g0)));
  const ct1 = flush(madd(f1, v128.load(c0, 16), f32x4.mul(i1, g1)));
  const h0 = flush(f32x4.mul(o0, vtanh(ct0)));
  const h1 = flush(f32x4.mul(o1, vtanh(ct1)));
  v128.store(gates, i0);
  v128.store(gates, i1, 16);
  v128.store(gates + s, f0);
  v128.store(gates + s, f1, 16);
  v128.store(gates + s * 2, g0);
  v128.store(gates + s * 2, g1, 16);
  v128.store(gates + s * 3, o0);
  v128.store(gates + s * 3, o1, 16);
  v128.store(c, ct0);
  v128.store(c, ct1, 16);
  v128.store(h, h0);
  v128.store(h, h1, 16);
}

// @ts-ignore: decorator
@inline
function forwardLanes(n: i32, gates: usize, s: usize, c0: usize, c: usize, h: usize): void {
  const i = vsigmoid(loadLanes(gates, n));
  const f = vsigmoid(loadLanes(gates + s, n));
  const g = vtanh(loadLanes(gates + s * 2, n));
  const o = vsigmoid(loadLanes(gates + s * 3, n));
  const ct = flush(madd(f, loadLanes(c0, n), f32x4.mul(i, g)));
  storeLanes(gates, i, n);
  storeLanes(gates + s, f, n);
  storeLanes(gates + s * 2, g, n);
  storeLanes(gates + s * 3, o, n);
  storeLanes(c, ct, n);
  storeLanes(h, flush(f32x4.mul(o, vtanh(ct))), n);
}

/**
 * The step back: gates [B, 4H] holds i f g o and becomes dL/da; dc [B, H] holds dL/dc and becomes dL/dc0.
 * dh: what comes from the next step; dy: from the output, 0 for none; c, c0: after and before the step; all [B, H].
 * Subnormal gradients become 0.
 */
export function lstm_cell_backward(
  B: i32, H: i32, gates: usize, c0: usize, c: usize, dh: usize, dy: usize, dc: usize,
): void {
  const s = (<usize>H) << 2;
  let along: usize = 0;
  if (dy) along = -1;
  let n = H;
  if (isShared()) {
    n = share(H, 8);
    const at = start << 2;
    gates += at;
    c0 += at;
    c += at;
    dh += at;
    dc += at;
    if (dy) dy += at;
  }
  const rest: usize = ASC_FEATURE_THREADS ? s - ((<usize>n) << 2) : 0;
  for (; B > 0; B--, gates += s * 3 + rest, c0 += rest, c += rest, dh += rest, dy += rest & along, dc += rest) {
    let j = n;
    for (; j >= 8; j -= 8, gates += 32, c0 += 32, c += 32, dh += 32, dy += 32 & along, dc += 32) {
      backwardPair(gates, s, c0, c, dh, dy, dc);
    }
    while (j > 0) {
      const few = min(j, 4);
      backwardLanes(few, gates, s, c0, c, dh, dy, dc);
      const lanes = (<usize>few) << 2;
      gates += lanes;
      c0 += lanes;
      c += lanes;
      dh += lanes;
      dc += lanes;
      dy += lanes & along;
      j -= few;
    }
  }
  meet();
}

/** As forwardPair. */
// @ts-ignore: decorator
@inline
function backwardPair(
  gates: usize, s: usize, c0: usize, c: usize, dh: usize, dy: usize, dc: usize,
): void {
  const one = f32x4.splat(1);
  const i0 = v128.load(gates);
  const i1 = v128.load(gates, 16);
  const f0 = v128.load(gates + s);
  const f1 = v128.load(gates + s, 16);
  const g0 = v128.load(gates + s * 2);
  const g1 = v128.load(gates + s * 2, 16);
  const o0 = v128.load(gates + s * 3);
  const o1 = v128.load(gates + s * 3, 16);
  let d0 = v128.load(dh);
  let d1 = v128.load(dh, 16);
  if (dy) {
    d0 = f32x4.add(d0, v128.load(dy));
    d1 = f32x4.add(d1, v128.load(dy, 16));
  }
  const t0 = vtanh(v128.load(c));
  const t1 = vtanh(v128.load(c, 16));
  const e0 = madd(f32x4.mul(d0, o0), f32x4.sub(one, f32x4.mul(t0, t0)), v128.load(dc));
  const e1 = madd(f32x4.mul(d1, o1), f32x4.sub(one, f32x4.mul(t1, t1)), v128.load(dc, 16));
  const ei0 = f32x4.mul(e0, i0);
  const ei1 = f32x4.mul(e1, i1);
  const ef0 = f32x4.mul(e0, f0);
  const ef1 = f32x4.mul(e1, f1);
  const ai0 = flush(f32x4.mul(f32x4.mul(ei0, g0), f32x4.sub(one, i0)));
  const ai1 = flush(f32x4.mul(f32x4.mul(ei1, g1), f32x4.sub(one, i1)));
  const af0 = flush(f32x4.mul(f32x4.mul(ef0, v128.load(c0)), f32x4.sub(one, f0)));
  const af1 = flush(f32x4.mul(f32x4.mul(ef1, v128.load(c0, 16)), f32x4.sub(one, f1)));
  const ag0 = flush(f32x4.mul(ei0, f32x4.sub(one, f32x4.mul(g0, g0))));
  const ag1 = flush(f32x4.mul(ei1, f32x4.sub(one, f32x4.mul(g1, g1))));
  const ao0 = flush(f32x4.mul(f32x4.mul(d0, t0), f32x4.mul(o0, f32x4.sub(one, o0))));
  const ao1 = flush(f32x4.mul(f32x4.mul(d1, t1), f32x4.mul(o1, f32x4.sub(one, o1))));
  const dc0 = flush(ef0);
  const dc1 = flush(ef1);
  v128.store(gates, ai0);
  v128.store(gates, ai1, 16);
  v128.store(gates + s, af0);
  v128.store(gates + s, af1, 16);
  v128.store(gates + s * 2, ag0);
  v128.store(gates + s * 2, ag1, 16);
  v128.store(gates + s * 3, ao0);
  v128.store(gates + s * 3, ao1, 16);
  v128.store(dc, dc0);
  v128.store(dc, dc1, 16);
}

// @ts-ignore: decorator
@inline
function backwardLanes(
  n: i32, gates: usize, s: usize, c0: usize, c: usize, dh: usize, dy: usize, dc: usize,
): void {
  const one = f32x4.splat(1);
  const i = loadLanes(gates, n);
  const f = loadLanes(gates + s, n);
  const g = loadLanes(gates + s * 2, n);
  const o = loadLanes(gates + s * 3, n);
  let d = loadLanes(dh, n);
  if (dy) d = f32x4.add(d, loadLanes(dy, n));
  const t = tanhCall(loadLanes(c, n));
  // dL/dc = dc + dh·o·(1 − tanh²c)
  const e = madd(f32x4.mul(d, o), f32x4.sub(one, f32x4.mul(t, t)), loadLanes(dc, n));
  const ei = f32x4.mul(e, i);
  const ef = f32x4.mul(e, f);
  storeLanes(gates, flush(f32x4.mul(f32x4.mul(ei, g), f32x4.sub(one, i))), n);
  storeLanes(gates + s, flush(f32x4.mul(f32x4.mul(ef, loadLanes(c0, n)), f32x4.sub(one, f))), n);
  storeLanes(gates + s * 2, flush(f32x4.mul(ei, f32x4.sub(one, f32x4.mul(g, g)))), n);
  storeLanes(gates + s * 3, flush(f32x4.mul(f32x4.mul(d, t), f32x4.mul(o, f32x4.sub(one, o)))), n);
  storeLanes(dc, flush(ef), n);
}
