import { vsigmoid } from '../math/sigmoid';
import { vtanh } from '../math/tanh';
import { flush, loadLanes, madd, storeLanes } from '../simd';

/**
 * One LSTM step of B rows (Hochreiter & Schmidhuber 1997 with the forget gate of Gers 2000, as PyTorch):
 * gates [B, 4H] holds a_i a_f a_g a_o and becomes i f g o; c = f ⊙ c0 + i ⊙ g; h = o ⊙ tanh c.
 * c0, c, h: [B, H]; c may be c0. Subnormal states become 0.
 */
export function lstm_cell_forward(B: i32, H: i32, gates: usize, c0: usize, c: usize, h: usize): void {
  const s = (<usize>H) << 2;
  for (; B > 0; B--, gates += s * 3) {
    let j = H;
    for (; j >= 4; j -= 4, gates += 16, c0 += 16, c += 16, h += 16) forwardLanes(4, gates, s, c0, c, h);
    if (j > 0) {
      forwardLanes(j, gates, s, c0, c, h);
      const tail = (<usize>j) << 2;
      gates += tail;
      c0 += tail;
      c += tail;
      h += tail;
    }
  }
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
  for (; B > 0; B--, gates += s * 3) {
    let j = H;
    for (; j >= 4; j -= 4, gates += 16, c0 += 16, c += 16, dh += 16, dc += 16) {
      backwardLanes(4, gates, s, c0, c, dh, dy, dc);
      if (dy) dy += 16;
    }
    if (j > 0) {
      backwardLanes(j, gates, s, c0, c, dh, dy, dc);
      const tail = (<usize>j) << 2;
      gates += tail;
      c0 += tail;
      c += tail;
      dh += tail;
      dc += tail;
      if (dy) dy += tail;
    }
  }
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
  const t = vtanh(loadLanes(c, n));
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
