import { vexpNonPositive } from '../math/exp';
import { complementOf, sigmoidDecay, vsigmoid } from '../math/sigmoid';
import { log1pUnit } from '../math/softplus';
import { vtanh } from '../math/tanh';
import { flush, loadLanes, madd, storeLanes } from '../simd';

// sLSTM (Beck et al. 2024), as NX-AI/xlstm computes it. With u = ln f + m0, ln f = a_f or, of a sigmoid gate, ln σ(a_f):
// m = max(u, a_i), or a_i where n0 is 0; i′ = e^(a_i − m), f′ = e^(u − m), at most 1; c = f′ ⊙ c0 + i′ ⊙ tanh a_z;
// n = f′ ⊙ n0 + i′; h = σ(a_o) ⊙ c / n. No gradient goes through m.

/**
 * One step of B rows: gates [B, 4H] holds a_i a_f a_z a_o and becomes i′ a_f z o. c0, n0, m0, c, n, m, h: [B, H]; c, n, m
 * may be c0, n0, m0. Subnormal states become 0.
 */
export function slstm_cell_forward(
  B: i32, H: i32, exponential: bool, gates: usize,
  c0: usize, n0: usize, m0: usize, c: usize, n: usize, m: usize, h: usize,
): void {
  const s = (<usize>H) << 2;
  const end = <usize>B * s;
  for (let at: usize = 0; at < end; at += s, gates += s << 2) {
    for (let j = 0; j < H; j += 4) {
      const o = (<usize>j) << 2;
      forwardLanes(min(H - j, 4), exponential, gates + o, s, at + o, c0, n0, m0, c, n, m, h);
    }
  }
}

function forwardLanes(
  lanes: i32, exponential: bool, gates: usize, s: usize, at: usize,
  c0: usize, n0: usize, m0: usize, c: usize, n: usize, m: usize, h: usize,
): void {
  const ai = loadLanes(gates, lanes);
  const af = loadLanes(gates + s, lanes);
  const normalizer = loadLanes(n0 + at, lanes);
  const u = f32x4.add(exponential ? af : logSigmoid(af, sigmoidDecay(af)), loadLanes(m0 + at, lanes));
  const stabilizer = v128.bitselect(ai, f32x4.max(u, ai), f32x4.eq(normalizer, f32x4.splat(0)));
  const i = atMostOne(f32x4.sub(ai, stabilizer));
  const f = atMostOne(f32x4.sub(u, stabilizer));
  const z = vtanh(loadLanes(gates + s * 2, lanes));
  const o = vsigmoid(loadLanes(gates + s * 3, lanes));
  const cell = flush(madd(f, loadLanes(c0 + at, lanes), f32x4.mul(i, z)));
  const count = flush(madd(f, normalizer, i));
  storeLanes(gates, i, lanes);
  storeLanes(gates + s * 2, z, lanes);
  storeLanes(gates + s * 3, o, lanes);
  storeLanes(c + at, cell, lanes);
  storeLanes(n + at, count, lanes);
  storeLanes(m + at, flush(stabilizer), lanes);
  storeLanes(h + at, flush(f32x4.mul(o, f32x4.div(cell, count))), lanes);
}

/**
 * The step back: gates [B, 4H] holds i′ a_f z o and becomes dL/da; dc, dn [B, H] hold dL/dc and dL/dn and become dL/dc0
 * and dL/dn0. dh: what comes from the next step; dy: from the output, 0 for none. h, n, m: after the step. Subnormal
 * gradients become 0.
 */
export function slstm_cell_backward(
  B: i32, H: i32, exponential: bool, gates: usize,
  c0: usize, n0: usize, m0: usize, n: usize, m: usize, h: usize,
  dh: usize, dy: usize, dc: usize, dn: usize,
): void {
  const s = (<usize>H) << 2;
  const end = <usize>B * s;
  for (let at: usize = 0; at < end; at += s, gates += s << 2) {
    for (let j = 0; j < H; j += 4) {
      const o = (<usize>j) << 2;
      backwardLanes(min(H - j, 4), exponential, gates + o, s, at + o, c0, n0, m0, n, m, h, dh, dy, dc, dn);
    }
  }
}

function backwardLanes(
  lanes: i32, exponential: bool, gates: usize, s: usize, at: usize,
  c0: usize, n0: usize, m0: usize, n: usize, m: usize, h: usize,
  dh: usize, dy: usize, dc: usize, dn: usize,
): void {
  const one = f32x4.splat(1);
  const i = loadLanes(gates, lanes);
  const af = loadLanes(gates + s, lanes);
  const z = loadLanes(gates + s * 2, lanes);
  const o = loadLanes(gates + s * 3, lanes);
  const decay = sigmoidDecay(af);
  const u = f32x4.add(exponential ? af : logSigmoid(af, decay), loadLanes(m0 + at, lanes));
  const above = f32x4.sub(u, loadLanes(m + at, lanes));
  const f = atMostOne(above);
  let d = loadLanes(dh + at, lanes);
  if (dy) d = f32x4.add(d, loadLanes(dy + at, lanes));
  const state = loadLanes(h + at, lanes);
  const e = f32x4.div(d, loadLanes(n + at, lanes));
  const ec = madd(e, o, loadLanes(dc + at, lanes));
  const en = f32x4.sub(loadLanes(dn + at, lanes), f32x4.mul(e, state));
  // where f′ was brought down to 1, it does not move
  let df = v128.andnot(f, f32x4.gt(above, f32x4.splat(0)));
  if (!exponential) df = f32x4.mul(df, complementOf(af, decay));
  const kept = madd(ec, loadLanes(c0 + at, lanes), f32x4.mul(en, loadLanes(n0 + at, lanes)));
  storeLanes(gates, flush(f32x4.mul(i, madd(z, ec, en))), lanes);
  storeLanes(gates + s, flush(f32x4.mul(df, kept)), lanes);
  storeLanes(gates + s * 2, flush(f32x4.mul(f32x4.mul(ec, i), f32x4.sub(one, f32x4.mul(z, z)))), lanes);
  storeLanes(gates + s * 3, flush(f32x4.mul(f32x4.mul(d, state), f32x4.sub(one, o))), lanes);
  storeLanes(dc + at, flush(f32x4.mul(f, ec)), lanes);
  storeLanes(dn + at, flush(f32x4.mul(f, en)), lanes);
}

/** ln σ(x) from x and z = sigmoidDecay(x). */
// @ts-ignore: decorator
@inline
function logSigmoid(x: v128, z: v128): v128 {
  return f32x4.sub(f32x4.pmin(x, f32x4.splat(0)), log1pUnit(z));
}

/** e^x, at most 1. pmin keeps the NaN of its first operand. */
// @ts-ignore: decorator
@inline
function atMostOne(x: v128): v128 {
  return vexpNonPositive(f32x4.pmin(x, f32x4.splat(0)));
}
