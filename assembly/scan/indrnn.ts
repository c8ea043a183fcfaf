import { packWeight, project } from '../gemm/project';
import { TILE_BYTES } from '../gemm/rows';
import { decay, slopeOf, tanhOf } from '../math/tanh';
import { flush, loadLanes, madd, storeLanes } from '../simd';
import { addProductsReversed, addRowsReversed, inputGradients } from './gradients';
import { keepEnded, rowsAt, rowsOf } from './rows';

// IndRNN (Li et al. 2018): h = φ(x·W_ihᵀ + b + w_hh ⊙ h0), φ = tanh or, with relu, max(0, ·).
// Shapes: x [N, I], wIh [H, I], wHh [H], bIh [H] (0 for none); sizes and N: rows.ts.

/**
 * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one of every row. y [N, H].
 * work: `scanWork(1, I, H)` bytes; with `packed` it still holds what a former call with the same wIh put there.
 */
export function indrnn_forward(
  T: i32, B: i32, I: i32, H: i32, sizes: usize, relu: i32,
  x: usize, wIh: usize, wHh: usize, bIh: usize,
  h: usize, y: usize, packed: i32, work: usize,
): void {
  const rowH = (<usize>H) << 2;
  const panels = work + TILE_BYTES;
  if (!packed) packWeight(I, H, wIh, panels);
  project(rowsOf(0, T, B, sizes), H, I, x, panels, bIh, y, rowH, work);
  let h0 = h;
  for (let t = 0; t < T; t++) {
    const n = rowsAt(t, T, B, sizes);
    cellForward(n, H, relu, wHh, h0, y, 0);
    keepEnded(n, rowsAt(t + 1, T, B, sizes), H, y, h);
    h0 = y;
    y += <usize>n * rowH;
  }
}

/**
 * T steps, keeping what `indrnn_backward` needs: h [B + N, H] with the initial states first, so that the output is h
 * from row B on; slope [N, H], φ′. Otherwise as indrnn_forward.
 */
export function indrnn_forward_train(
  T: i32, B: i32, I: i32, H: i32, sizes: usize, relu: i32,
  x: usize, wIh: usize, wHh: usize, bIh: usize,
  h: usize, slope: usize, work: usize,
): void {
  const rowH = (<usize>H) << 2;
  const panels = work + TILE_BYTES;
  let y = h + <usize>B * rowH;
  packWeight(I, H, wIh, panels);
  project(rowsOf(0, T, B, sizes), H, I, x, panels, bIh, y, rowH, work);
  for (let t = 0; t < T; t++) {
    const n = rowsAt(t, T, B, sizes);
    cellForward(n, H, relu, wHh, h, y, slope);
    h = y;
    y += <usize>n * rowH;
    slope += <usize>n * rowH;
  }
}

/**
 * Backpropagation through the T steps of indrnn_forward_train, whose slope [N, H], da here, it overwrites with dL/da.
 * dy [N, H], 0 for none. dh [B, H]: gradient of the last states, becomes that of the initial ones.
 * dx [N, I], 0 to leave it out. dwIh, dwHh, dbIh are added to (dbIh: 0 for none).
 * work: `scanBackwardWork(1, N, I, H)` bytes.
 */
export function indrnn_backward(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, wHh: usize, h: usize, da: usize,
  dy: usize, dh: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, work: usize,
): void {
  const rowH = (<usize>H) << 2;
  const rows = rowsOf(0, T, B, sizes);
  let at = <usize>rows * rowH;
  for (let t = T - 1; t >= 0; t--) {
    const n = rowsAt(t, T, B, sizes);
    at -= <usize>n * rowH;
    const h0 = h + <usize>(B - rowsAt(t - 1, T, B, sizes)) * rowH + at;
    cellBackward(n, H, wHh, da + at, dh, dy ? dy + at : 0);
    addProductsReversed(n, H, da + at, H, h0, H, dwHh);
  }
  if (dbIh) addRowsReversed(rows, H, da, H, dbIh);
  inputGradients(rows, H, I, da, x, wIh, dwIh, dx, 0, work);
}

/** One step of n rows: h [n, H] holds x·W_ihᵀ + b and becomes the state; φ′ to slope unless it is 0. */
function cellForward(n: i32, H: i32, relu: i32, v: usize, h0: usize, h: usize, slope: usize): void {
  const w = (<usize>H) << 2;
  for (; n > 0; n--, h0 += w, h += w) {
    let p: usize = 0;
    for (; p + 16 <= w; p += 16) forwardLanes(4, relu, v + p, h0 + p, h + p, slope ? slope + p : 0);
    if (p < w) forwardLanes(H & 3, relu, v + p, h0 + p, h + p, slope ? slope + p : 0);
    if (slope) slope += w;
  }
}

/** A subnormal state becomes 0, or it would stay. */
// @ts-ignore: decorator
@inline
function forwardLanes(lanes: i32, relu: i32, v: usize, h0: usize, h: usize, slope: usize): void {
  const zero = f32x4.splat(0);
  const a = madd(loadLanes(v, lanes), loadLanes(h0, lanes), loadLanes(h, lanes));
  if (relu) {
    storeLanes(h, flush(f32x4.max(zero, a)), lanes);
    // not(a <= 0), so that NaN keeps its gradient
    if (slope) storeLanes(slope, v128.andnot(f32x4.splat(1), f32x4.le(a, zero)), lanes);
  } else {
    const z = decay(a);
    storeLanes(h, flush(tanhOf(a, z)), lanes);
    if (slope) storeLanes(slope, slopeOf(z), lanes);
  }
}

/** The step back: da [n, H] holds φ′ and becomes dL/da, dh [n, H] the gradient of h0. Subnormals become 0. */
function cellBackward(n: i32, H: i32, v: usize, da: usize, dh: usize, dy: usize): void {
  const w = (<usize>H) << 2;
  for (; n > 0; n--, da += w, dh += w) {
    let p: usize = 0;
    for (; p + 16 <= w; p += 16) backwardLanes(4, v + p, da + p, dh + p, dy ? dy + p : 0);
    if (p < w) backwardLanes(H & 3, v + p, da + p, dh + p, dy ? dy + p : 0);
    if (dy) dy += w;
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(lanes: i32, v: usize, da: usize, dh: usize, dy: usize): void {
  let d = loadLanes(dh, lanes);
  if (dy) d = f32x4.add(d, loadLanes(dy, lanes));
  const a = flush(f32x4.mul(d, loadLanes(da, lanes)));
  storeLanes(da, a, lanes);
  storeLanes(dh, flush(f32x4.mul(a, loadLanes(v, lanes))), lanes);
}
