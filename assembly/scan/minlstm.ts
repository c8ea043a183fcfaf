import { packWeight, project } from '../gemm/project';
import { TILE_BYTES } from '../gemm/rows';
import { vexpNonPositive } from '../math/exp';
import { sigmoidDecay } from '../math/sigmoid';
import { flush, loadLanes, madd, storeLanes } from '../simd';
import { addRowsReversed, inputGradients } from './gradients';
import { keepEnded, rowsAt, rowsOf } from './rows';

// minLSTM with normalised gates (Feng et al. 2024): f = σ(x·W_fᵀ + b_f), i = σ(x·W_iᵀ + b_i), g = x·W_gᵀ + b_g,
// h = f/(f + i) ⊙ h0 + i/(f + i) ⊙ g.
// Shapes: x [N, I], wIh [3H, I], bIh [3H] (0 for none), rows f i g; sizes and N: rows.ts.
//
// Of a_f and a_i let hi be the greater and lo the lesser; l = e^−|lo| and r = e^(min(lo, 0) − hi) never overflow. With
// q = 1 + l and p = (lo < 0 ? l : 1) + r the share of the greater gate in f + i is q/(p + q), of the lesser p/(p + q),
// and p + q >= 1 however small f and i are.

/**
 * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one of every row. y [N, H].
 * gates: room for `chunk` steps [chunk, B, 3H]; the input is projected so many steps at a time.
 * work: `scanWork(3, I, H)` bytes; with `packed` it still holds what a former call with the same wIh put there.
 */
export function minlstm_forward(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, bIh: usize,
  h: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'minlstm_forward: chunk is below 1');
  const G = H * 3;
  const rowG = (<usize>G) << 2;
  const panels = work + TILE_BYTES;
  if (!packed) packWeight(I, G, wIh, panels);
  let h0 = h;
  for (let t = 0; t < T; t += chunk) {
    const steps = min(chunk, T - t);
    const rows = rowsOf(t, steps, B, sizes);
    project(rows, G, I, x, panels, bIh, gates, rowG, work);
    x += (<usize>rows * <usize>I) << 2;
    let a = gates;
    for (let i = t; i < t + steps; i++) {
      const n = rowsAt(i, T, B, sizes);
      cellForward(n, H, a, h0, y);
      keepEnded(n, rowsAt(i + 1, T, B, sizes), H, y, h);
      h0 = y;
      a += <usize>n * rowG;
      y += (<usize>n * <usize>H) << 2;
    }
  }
}

/**
 * T steps, keeping what `minlstm_backward` needs: h [B + N, H] with the initial states first, so that the output is h
 * from row B on; gates [N, 3H] before their activations. Otherwise as minlstm_forward.
 */
export function minlstm_forward_train(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, bIh: usize,
  h: usize, gates: usize, work: usize,
): void {
  const G = H * 3;
  const rowG = (<usize>G) << 2;
  const rowH = (<usize>H) << 2;
  const panels = work + TILE_BYTES;
  packWeight(I, G, wIh, panels);
  project(rowsOf(0, T, B, sizes), G, I, x, panels, bIh, gates, rowG, work);
  let y = h + <usize>B * rowH;
  for (let t = 0; t < T; t++) {
    const n = rowsAt(t, T, B, sizes);
    cellForward(n, H, gates, h, y);
    h = y;
    gates += <usize>n * rowG;
    y += <usize>n * rowH;
  }
}

/**
 * Backpropagation through the T steps of minlstm_forward_train, whose gates it overwrites with dL/da.
 * dy [N, H], 0 for none. dh [B, H]: gradient of the last states, becomes that of the initial ones.
 * dx [N, I], 0 to leave it out. dwIh, dbIh are added to (dbIh: 0 for none).
 * work: `scanBackwardWork(3, N, I, H)` bytes.
 */
export function minlstm_backward(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, h: usize, gates: usize,
  dy: usize, dh: usize, dx: usize,
  dwIh: usize, dbIh: usize, work: usize,
): void {
  const G = H * 3;
  const rowH = (<usize>H) << 2;
  const rows = rowsOf(0, T, B, sizes);
  let at = <usize>rows * rowH;
  for (let t = T - 1; t >= 0; t--) {
    const n = rowsAt(t, T, B, sizes);
    at -= <usize>n * rowH;
    const h0 = h + <usize>(B - rowsAt(t - 1, T, B, sizes)) * rowH + at;
    cellBackward(n, H, gates + (at * 3), h0, dh, dy ? dy + at : 0);
  }
  if (dbIh) addRowsReversed(rows, G, gates, G, dbIh);
  inputGradients(rows, G, I, gates, x, wIh, dwIh, dx, 0, work);
}

/** One step of n rows: h from a [n, 3H] and h0. A subnormal state becomes 0. */
function cellForward(n: i32, H: i32, a: usize, h0: usize, h: usize): void {
  const w = (<usize>H) << 2;
  for (; n > 0; n--, a += w * 3, h0 += w, h += w) {
    const b = a + w;
    const g = b + w;
    let p: usize = 0;
    // eight lanes as two vectors in step, loads before stores: V8 can merge them into 256-bit operations
    for (; p + 32 <= w; p += 32) {
      const y0 = next(v128.load(a + p), v128.load(b + p), v128.load(g + p), v128.load(h0 + p));
      const y1 = next(v128.load(a + p, 16), v128.load(b + p, 16), v128.load(g + p, 16), v128.load(h0 + p, 16));
      v128.store(h + p, y0);
      v128.store(h + p, y1, 16);
    }
    if (p + 16 <= w) {
      forwardLanes(4, w, a + p, h0 + p, h + p);
      p += 16;
    }
    if (p < w) forwardLanes(H & 3, w, a + p, h0 + p, h + p);
  }
}

// @ts-ignore: decorator
@inline
function forwardLanes(lanes: i32, w: usize, a: usize, h0: usize, h: usize): void {
  const af = loadLanes(a, lanes);
  const ai = loadLanes(a + w, lanes);
  storeLanes(h, next(af, ai, loadLanes(a + w * 2, lanes), loadLanes(h0, lanes)), lanes);
}

// @ts-ignore: decorator
@inline
function next(af: v128, ai: v128, candidate: v128, h0: v128): v128 {
  const forgets = f32x4.ge(af, ai);
  const hi = v128.bitselect(af, ai, forgets);
  const lo = v128.bitselect(ai, af, forgets);
  const l = sigmoidDecay(lo);
  const q = f32x4.add(f32x4.splat(1), l);
  const p = f32x4.add(ofNegative(l, lo), ratio(lo, hi));
  const sum = f32x4.add(p, q);
  const f = f32x4.div(v128.bitselect(q, p, forgets), sum);
  const i = f32x4.div(v128.bitselect(p, q, forgets), sum);
  return flush(madd(i, candidate, f32x4.mul(f, h0)));
}

/** lo < 0 ? v : 1. */
// @ts-ignore: decorator
@inline
function ofNegative(v: v128, lo: v128): v128 {
  return v128.bitselect(v, f32x4.splat(1), f32x4.lt(lo, f32x4.splat(0)));
}

/** r = e^(min(lo, 0) − hi). pmin keeps the NaN of its first operand. */
// @ts-ignore: decorator
@inline
function ratio(lo: v128, hi: v128): v128 {
  return vexpNonPositive(f32x4.sub(f32x4.pmin(lo, f32x4.splat(0)), hi));
}

/** The step back: a [n, 3H] becomes dL/da, dh [n, H] the gradient of h0. Subnormal gradients become 0. */
function cellBackward(n: i32, H: i32, a: usize, h0: usize, dh: usize, dy: usize): void {
  const w = (<usize>H) << 2;
  for (; n > 0; n--, a += w * 3, h0 += w, dh += w) {
    let p: usize = 0;
    for (; p + 16 <= w; p += 16) backwardLanes(4, w, a + p, h0 + p, dh + p, dy ? dy + p : 0);
    if (p < w) backwardLanes(H & 3, w, a + p, h0 + p, dh + p, dy ? dy + p : 0);
    if (dy) dy += w;
  }
}

/**
 * With F = f/(f + i) and I = i/(f + i): dL/da_f = d ⊙ (h0 − g) ⊙ F·I·(1 − f), dL/da_i = −d ⊙ (h0 − g) ⊙ F·I·(1 − i).
 * F·I·(1 − σ) is q·r/(p + q)² for the greater gate, and p/(p + q)², times l unless lo < 0, for the lesser.
 */
// @ts-ignore: decorator
@inline
function backwardLanes(lanes: i32, w: usize, a: usize, h0: usize, dh: usize, dy: usize): void {
  const af = loadLanes(a, lanes);
  const ai = loadLanes(a + w, lanes);
  let d = loadLanes(dh, lanes);
  if (dy) d = f32x4.add(d, loadLanes(dy, lanes));
  const forgets = f32x4.ge(af, ai);
  const hi = v128.bitselect(af, ai, forgets);
  const lo = v128.bitselect(ai, af, forgets);
  const one = f32x4.splat(1);
  const l = sigmoidDecay(lo);
  const r = ratio(lo, hi);
  const q = f32x4.add(one, l);
  const p = f32x4.add(ofNegative(l, lo), r);
  const sum = f32x4.add(p, q);
  const greater = f32x4.div(q, sum);
  const lesser = f32x4.div(p, sum);
  const ofGreater = f32x4.mul(greater, f32x4.div(r, sum));
  const ofLesser = f32x4.mul(lesser, f32x4.div(v128.bitselect(one, l, f32x4.lt(lo, f32x4.splat(0))), sum));
  const e = f32x4.mul(d, f32x4.sub(loadLanes(h0, lanes), loadLanes(a + w * 2, lanes)));
  const df = f32x4.mul(e, v128.bitselect(ofGreater, ofLesser, forgets));
  const di = f32x4.mul(e, v128.bitselect(ofLesser, ofGreater, forgets));
  storeLanes(a, flush(df), lanes);
  storeLanes(a + w, flush(f32x4.neg(di)), lanes);
  storeLanes(a + w * 2, flush(f32x4.mul(d, v128.bitselect(lesser, greater, forgets))), lanes);
  storeLanes(dh, flush(f32x4.mul(d, v128.bitselect(greater, lesser, forgets))), lanes);
}
