import { vexpNonPositive } from '../math/exp';
import { sigmoidDecay } from '../math/sigmoid';
import { flush, loadLanes, madd, storeLanes } from '../simd';

// minLSTM with normalised gates (Feng et al. 2024): f = σ(a_f), i = σ(a_i), g = a_g, a = x·W_ihᵀ + b_ih, rows f i g;
// h = f/(f + i) ⊙ h0 + i/(f + i) ⊙ g.
//
// Of a_f and a_i let hi be the greater and lo the lesser; l = e^−|lo| and r = e^(min(lo, 0) − hi) never overflow. With
// q = 1 + l and p = (lo < 0 ? l : 1) + r the share of the greater gate in f + i is q/(p + q), of the lesser p/(p + q),
// and p + q >= 1 however small f and i are.

/** One step of m rows from a [m, 3H] and h0 [m, H]: the state to h and y, both [m, H]; h may be h0, y may be h. */
export function minlstmForward(m: i32, H: i32, a: usize, h0: usize, h: usize, y: usize): void {
  const s = (<usize>H) << 2;
  for (; m > 0; m--, a += s * 3, h0 += s, h += s, y += s) {
    let o: usize = 0;
    for (; o + 16 <= s; o += 16) forwardLanes(4, o, s, a, h0, h, y);
    if (o < s) forwardLanes(H & 3, o, s, a, h0, h, y);
  }
}

// @ts-ignore: decorator
@inline
function forwardLanes(n: i32, o: usize, s: usize, a: usize, h0: usize, h: usize, y: usize): void {
  const af = loadLanes(a + o, n);
  const ai = loadLanes(a + s + o, n);
  const forgets = f32x4.ge(af, ai);
  const hi = v128.bitselect(af, ai, forgets);
  const lo = v128.bitselect(ai, af, forgets);
  const l = sigmoidDecay(lo);
  const q = f32x4.add(f32x4.splat(1), l);
  const p = f32x4.add(ifNegative(lo, l, f32x4.splat(1)), ratio(lo, hi));
  const sum = f32x4.add(p, q);
  const f = f32x4.div(v128.bitselect(q, p, forgets), sum);
  const i = f32x4.div(v128.bitselect(p, q, forgets), sum);
  const old = f32x4.mul(f, loadLanes(h0 + o, n));
  const state = flush(madd(i, loadLanes(a + s * 2 + o, n), old));
  storeLanes(h + o, state, n);
  storeLanes(y + o, state, n);
}

/**
 * The step back: a [m, 3H] becomes dL/da; dh [m, H], to which dy (0: none) is added, dL/dh0.
 * With F = f/(f + i) and I = i/(f + i): dL/da_f = d ⊙ (h0 − g) ⊙ F·I·(1 − f), dL/da_i = −d ⊙ (h0 − g) ⊙ F·I·(1 − i).
 * F·I·(1 − σ) is q·r/(p + q)² for the greater gate, and p/(p + q)², times l unless lo < 0, for the lesser.
 */
export function minlstmBackward(m: i32, H: i32, a: usize, h0: usize, dh: usize, dy: usize): void {
  const s = (<usize>H) << 2;
  for (; m > 0; m--, a += s * 3, h0 += s, dh += s) {
    let o: usize = 0;
    for (; o + 16 <= s; o += 16) backwardLanes(4, o, s, a, h0, dh, dy);
    if (o < s) backwardLanes(H & 3, o, s, a, h0, dh, dy);
    if (dy) dy += s;
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(n: i32, o: usize, s: usize, a: usize, h0: usize, dh: usize, dy: usize): void {
  const af = loadLanes(a + o, n);
  const ai = loadLanes(a + s + o, n);
  const one = f32x4.splat(1);
  let d = loadLanes(dh + o, n);
  if (dy) d = f32x4.add(d, loadLanes(dy + o, n));
  const forgets = f32x4.ge(af, ai);
  const hi = v128.bitselect(af, ai, forgets);
  const lo = v128.bitselect(ai, af, forgets);
  const l = sigmoidDecay(lo);
  const r = ratio(lo, hi);
  const q = f32x4.add(one, l);
  const p = f32x4.add(ifNegative(lo, l, one), r);
  const sum = f32x4.add(p, q);
  const greater = f32x4.div(q, sum);
  const lesser = f32x4.div(p, sum);
  const ofGreater = f32x4.mul(greater, f32x4.div(r, sum));
  const ofLesser = f32x4.mul(lesser, f32x4.div(ifNegative(lo, one, l), sum));
  const e = f32x4.mul(d, f32x4.sub(loadLanes(h0 + o, n), loadLanes(a + s * 2 + o, n)));
  const df = f32x4.mul(e, v128.bitselect(ofGreater, ofLesser, forgets));
  const di = f32x4.mul(e, v128.bitselect(ofLesser, ofGreater, forgets));
  storeLanes(a + o, flush(df), n);
  storeLanes(a + s + o, flush(f32x4.neg(di)), n);
  storeLanes(a + s * 2 + o, flush(f32x4.mul(d, v128.bitselect(lesser, greater, forgets))), n);
  storeLanes(dh + o, flush(f32x4.mul(d, v128.bitselect(greater, lesser, forgets))), n);
}

/** lo < 0 ? v : w. */
// @ts-ignore: decorator
@inline
function ifNegative(lo: v128, v: v128, w: v128): v128 {
  return v128.bitselect(v, w, f32x4.lt(lo, f32x4.splat(0)));
}

/** r = e^(min(lo, 0) − hi). pmin keeps the NaN of its first operand. */
// @ts-ignore: decorator
@inline
function ratio(lo: v128, hi: v128): v128 {
  return vexpNonPositive(f32x4.sub(f32x4.pmin(lo, f32x4.splat(0)), hi));
}
