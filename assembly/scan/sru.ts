import { packWeight, project } from '../gemm/project';
import { TILE_BYTES } from '../gemm/rows';
import { complementOf, sigmoidDecay, sigmoidOf } from '../math/sigmoid';
import { flush, loadLanes, madd, storeLanes } from '../simd';
import { vec_fill } from '../vec/elementwise';
import { addProductsReversed, addRowsReversed, inputGradients } from './gradients';
import { rowsAt, rowsOf } from './rows';

// SRU (Lei et al. 2018): f = σ(x·W_fᵀ + v_f ⊙ c0 + b_f), r = σ(x·W_rᵀ + v_r ⊙ c0 + b_r), u = x·W_uᵀ,
// c = f ⊙ c0 + (1 − f) ⊙ u, h = r ⊙ c + (1 − r) ⊙ s, s = x when I = H, else x·W_sᵀ.
// Shapes: x [N, I], wIh [G, I], rows u f r and, when I != H, s, so G = 3H or 4H; wC [2H], v_f v_r; bIh [2H], b_f b_r
// (0 for none); the state is c; sizes and N: rows.ts.

/** G. */
// @ts-ignore: decorator
@inline
function gateRows(I: i32, H: i32): i32 {
  return I == H ? H * 3 : H * 4;
}

/**
 * T steps, keeping nothing but the state: c [B, H] is the initial one and becomes the last one of every row. y [N, H].
 * gates: room for `chunk` steps [chunk, B, G]; the input is projected so many steps at a time.
 * work: `sruWork(I, H)` bytes; with `packed` it still holds what a former call with the same wIh and bIh put there.
 */
export function sru_forward(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, wC: usize, bIh: usize,
  c: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'sru_forward: chunk is below 1');
  const G = gateRows(I, H);
  const rowG = (<usize>G) << 2;
  if (!packed) prepare(I, H, wIh, bIh, work);
  for (let t = 0; t < T; t += chunk) {
    const steps = min(chunk, T - t);
    projectInput(rowsOf(t, steps, B, sizes), I, H, x, bIh, gates, work);
    let a = gates;
    for (let i = t; i < t + steps; i++) {
      const n = rowsAt(i, T, B, sizes);
      cellForward(n, H, G, a, wC, I == H ? x : 0, c, c, y);
      a += <usize>n * rowG;
      x += (<usize>n * <usize>I) << 2;
      y += (<usize>n * <usize>H) << 2;
    }
  }
}

/**
 * T steps, keeping what `sru_backward` needs: c [B + N, H] with the initial states first; gates [N, G] before v ⊙ c0
 * and their activations. y [N, H]. Otherwise as sru_forward.
 */
export function sru_forward_train(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, wC: usize, bIh: usize,
  c: usize, y: usize, gates: usize, work: usize,
): void {
  const G = gateRows(I, H);
  const rowG = (<usize>G) << 2;
  const rowH = (<usize>H) << 2;
  prepare(I, H, wIh, bIh, work);
  projectInput(rowsOf(0, T, B, sizes), I, H, x, bIh, gates, work);
  let next = c + <usize>B * rowH;
  for (let t = 0; t < T; t++) {
    const n = rowsAt(t, T, B, sizes);
    cellForward(n, H, G, gates, wC, I == H ? x : 0, c, next, y);
    c = next;
    next += <usize>n * rowH;
    gates += <usize>n * rowG;
    x += (<usize>n * <usize>I) << 2;
    y += <usize>n * rowH;
  }
}

/**
 * Backpropagation through the T steps of sru_forward_train, whose gates it overwrites with dL/da.
 * dy [N, H], 0 for none. dc [B, H]: gradient of the last states, becomes that of the initial ones.
 * dx [N, I], 0 to leave it out. dwIh, dwC, dbIh are added to (dbIh: 0 for none).
 * work: `scanBackwardWork(G / H, N, I, H)` bytes.
 */
export function sru_backward(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, wC: usize, c: usize, gates: usize,
  dy: usize, dc: usize, dx: usize,
  dwIh: usize, dwC: usize, dbIh: usize, work: usize,
): void {
  const G = gateRows(I, H);
  const rowG = (<usize>G) << 2;
  const rowH = (<usize>H) << 2;
  const direct = I == H;
  const rows = rowsOf(0, T, B, sizes);
  let at = <usize>rows * rowH;
  let a = gates + <usize>rows * rowG;
  for (let t = T - 1; t >= 0; t--) {
    const n = rowsAt(t, T, B, sizes);
    at -= <usize>n * rowH;
    a -= <usize>n * rowG;
    const c0 = c + <usize>(B - rowsAt(t - 1, T, B, sizes)) * rowH + at;
    const after = c + <usize>B * rowH + at;
    cellBackward(n, H, G, a, wC, direct ? x + at : 0, c0, after, dy ? dy + at : 0, dc, direct && dx ? dx + at : 0);
    addProductsReversed(n, H, a + rowH, G, c0, H, dwC);
    addProductsReversed(n, H, a + rowH * 2, G, c0, H, dwC + rowH);
  }
  if (dbIh) addRowsReversed(rows, H << 1, gates + rowH, G, dbIh);
  inputGradients(rows, G, I, gates, x, wIh, dwIh, dx, direct ? 1 : 0, work);
}

// work of the forward passes: [tile | bias G | W_ih packed]

function prepare(I: i32, H: i32, wIh: usize, bIh: usize, work: usize): void {
  const G = gateRows(I, H);
  const rowH = (<usize>H) << 2;
  const bias = work + TILE_BYTES;
  if (bIh) {
    vec_fill(G, 0, bias);
    memory.copy(bias + rowH, bIh, rowH << 1);
  }
  packWeight(I, G, wIh, bias + ((<usize>G) << 2));
}

/** gates [rows, G] = bias + x·W_ihᵀ. */
function projectInput(rows: i32, I: i32, H: i32, x: usize, hasBias: usize, gates: usize, work: usize): void {
  const G = gateRows(I, H);
  const rowG = (<usize>G) << 2;
  const bias = work + TILE_BYTES;
  project(rows, G, I, x, bias + rowG, hasBias ? bias : 0, gates, rowG, work);
}

/** One step of n rows: c and h from a [n, G], c0 and s [n, H] (0: the fourth block of a). Subnormals become 0. */
function cellForward(
  n: i32, H: i32, G: i32, a: usize, v: usize, s: usize, c0: usize, c: usize, h: usize,
): void {
  const w = (<usize>H) << 2;
  const rowG = (<usize>G) << 2;
  for (; n > 0; n--, a += rowG, c0 += w, c += w, h += w) {
    const skip = s ? s : a + w * 3;
    let p: usize = 0;
    for (; p + 16 <= w; p += 16) forwardLanes(4, w, a + p, v + p, skip + p, c0 + p, c + p, h + p);
    if (p < w) forwardLanes(H & 3, w, a + p, v + p, skip + p, c0 + p, c + p, h + p);
    if (s) s += w;
  }
}

// @ts-ignore: decorator
@inline
function forwardLanes(lanes: i32, w: usize, a: usize, v: usize, s: usize, c0: usize, c: usize, h: usize): void {
  const before = loadLanes(c0, lanes);
  const af = madd(loadLanes(v, lanes), before, loadLanes(a + w, lanes));
  const ar = madd(loadLanes(v + w, lanes), before, loadLanes(a + w * 2, lanes));
  const ef = sigmoidDecay(af);
  const er = sigmoidDecay(ar);
  const after = flush(
    madd(sigmoidOf(af, ef), before, f32x4.mul(complementOf(af, ef), loadLanes(a, lanes))),
  );
  const skip = f32x4.mul(complementOf(ar, er), loadLanes(s, lanes));
  storeLanes(c, after, lanes);
  storeLanes(h, flush(madd(sigmoidOf(ar, er), after, skip)), lanes);
}

/**
 * The step back: a [n, G] becomes dL/da, dc [n, H] the gradient of c0; with s = x that of s goes to ds, unless that is
 * 0. Subnormal gradients become 0.
 */
function cellBackward(
  n: i32, H: i32, G: i32, a: usize, v: usize, s: usize, c0: usize, c: usize, dy: usize, dc: usize, ds: usize,
): void {
  const w = (<usize>H) << 2;
  const rowG = (<usize>G) << 2;
  for (; n > 0; n--, a += rowG, c0 += w, c += w, dc += w) {
    const skip = s ? s : a + w * 3;
    const dSkip = s ? ds : a + w * 3;
    let p: usize = 0;
    for (; p + 16 <= w; p += 16) {
      backwardLanes(4, w, a + p, v + p, skip + p, c0 + p, c + p, dy ? dy + p : 0, dc + p, dSkip ? dSkip + p : 0);
    }
    if (p < w) {
      backwardLanes(H & 3, w, a + p, v + p, skip + p, c0 + p, c + p, dy ? dy + p : 0, dc + p, dSkip ? dSkip + p : 0);
    }
    if (s) s += w;
    if (ds) ds += w;
    if (dy) dy += w;
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(
  lanes: i32, w: usize,
  a: usize, v: usize, s: usize, c0: usize, c: usize, dy: usize, dc: usize, ds: usize,
): void {
  const before = loadLanes(c0, lanes);
  const vf = loadLanes(v, lanes);
  const vr = loadLanes(v + w, lanes);
  const af = madd(vf, before, loadLanes(a + w, lanes));
  const ar = madd(vr, before, loadLanes(a + w * 2, lanes));
  const ef = sigmoidDecay(af);
  const er = sigmoidDecay(ar);
  const f = sigmoidOf(af, ef);
  const forgets = complementOf(af, ef);
  const skips = complementOf(ar, er);
  const d = dy ? loadLanes(dy, lanes) : f32x4.splat(0);
  const dReset = f32x4.mul(d, sigmoidOf(ar, er));
  const dAfter = f32x4.add(loadLanes(dc, lanes), dReset);
  const du = f32x4.mul(dAfter, forgets);
  const df = flush(f32x4.mul(f32x4.mul(du, f), f32x4.sub(before, loadLanes(a, lanes))));
  const dr = flush(f32x4.mul(f32x4.mul(dReset, skips), f32x4.sub(loadLanes(c, lanes), loadLanes(s, lanes))));
  if (ds) storeLanes(ds, flush(f32x4.mul(d, skips)), lanes);
  storeLanes(a, flush(du), lanes);
  storeLanes(a + w, df, lanes);
  storeLanes(a + w * 2, dr, lanes);
  storeLanes(dc, flush(madd(dr, vr, madd(df, vf, f32x4.mul(dAfter, f)))), lanes);
}
