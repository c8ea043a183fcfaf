import { packWeight, project } from '../gemm/project';
import { TILE_BYTES } from '../gemm/rows';
import { complementOf, sigmoidDecay, sigmoidOf } from '../math/sigmoid';
import { flush, loadLanes, madd, storeLanes } from '../simd';
import { addRowsReversed, inputGradients } from './gradients';
import { keepEnded, rowsAt, rowsOf } from './rows';

// minGRU (Feng et al. 2024): z = σ(x·W_zᵀ + b_z), n = x·W_nᵀ + b_n, h = (1 − z) ⊙ h0 + z ⊙ n.
// Shapes: x [N, I], wIh [2H, I], bIh [2H] (0 for none), rows z n; sizes and N: rows.ts.

/**
 * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one of every row. y [N, H].
 * gates: room for `chunk` steps [chunk, B, 2H]; the input is projected so many steps at a time.
 * work: `scanWork(2, I, H)` bytes; with `packed` it still holds what a former call with the same wIh put there.
 */
export function mingru_forward(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, bIh: usize,
  h: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'mingru_forward: chunk is below 1');
  const G = H << 1;
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
 * T steps, keeping what `mingru_backward` needs: h [B + N, H] with the initial states first, so that the output is h
 * from row B on; gates [N, 2H] before their activations. Otherwise as mingru_forward.
 */
export function mingru_forward_train(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, bIh: usize,
  h: usize, gates: usize, work: usize,
): void {
  const G = H << 1;
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
 * Backpropagation through the T steps of mingru_forward_train, whose gates it overwrites with dL/da.
 * dy [N, H], 0 for none. dh [B, H]: gradient of the last states, becomes that of the initial ones.
 * dx [N, I], 0 to leave it out. dwIh, dbIh are added to (dbIh: 0 for none).
 * work: `scanBackwardWork(2, N, I, H)` bytes.
 */
export function mingru_backward(
  T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, h: usize, gates: usize,
  dy: usize, dh: usize, dx: usize,
  dwIh: usize, dbIh: usize, work: usize,
): void {
  const G = H << 1;
  const rowH = (<usize>H) << 2;
  const rows = rowsOf(0, T, B, sizes);
  let at = <usize>rows * rowH;
  for (let t = T - 1; t >= 0; t--) {
    const n = rowsAt(t, T, B, sizes);
    at -= <usize>n * rowH;
    const h0 = h + <usize>(B - rowsAt(t - 1, T, B, sizes)) * rowH + at;
    cellBackward(n, H, gates + (at << 1), h0, dh, dy ? dy + at : 0);
  }
  if (dbIh) addRowsReversed(rows, G, gates, G, dbIh);
  inputGradients(rows, G, I, gates, x, wIh, dwIh, dx, 0, work);
}

/** One step of n rows: h from a [n, 2H] and h0. A subnormal state becomes 0. */
function cellForward(n: i32, H: i32, a: usize, h0: usize, h: usize): void {
  const w = (<usize>H) << 2;
  for (; n > 0; n--, a += w << 1, h0 += w, h += w) {
    const b = a + w;
    let p: usize = 0;
    // eight lanes as two vectors in step, loads before stores: V8 can merge them into 256-bit operations
    for (; p + 32 <= w; p += 32) {
      const y0 = next(v128.load(a + p), v128.load(b + p), v128.load(h0 + p));
      const y1 = next(v128.load(a + p, 16), v128.load(b + p, 16), v128.load(h0 + p, 16));
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
  storeLanes(h, next(loadLanes(a, lanes), loadLanes(a + w, lanes), loadLanes(h0, lanes)), lanes);
}

// @ts-ignore: decorator
@inline
function next(az: v128, candidate: v128, h0: v128): v128 {
  const e = sigmoidDecay(az);
  return flush(madd(sigmoidOf(az, e), candidate, f32x4.mul(complementOf(az, e), h0)));
}

/** The step back: a [n, 2H] becomes dL/da, dh [n, H] the gradient of h0. Subnormal gradients become 0. */
function cellBackward(n: i32, H: i32, a: usize, h0: usize, dh: usize, dy: usize): void {
  const w = (<usize>H) << 2;
  for (; n > 0; n--, a += w << 1, h0 += w, dh += w) {
    let p: usize = 0;
    for (; p + 16 <= w; p += 16) backwardLanes(4, w, a + p, h0 + p, dh + p, dy ? dy + p : 0);
    if (p < w) backwardLanes(H & 3, w, a + p, h0 + p, dh + p, dy ? dy + p : 0);
    if (dy) dy += w;
  }
}

// @ts-ignore: decorator
@inline
function backwardLanes(lanes: i32, w: usize, a: usize, h0: usize, dh: usize, dy: usize): void {
  const az = loadLanes(a, lanes);
  const candidate = loadLanes(a + w, lanes);
  let d = loadLanes(dh, lanes);
  if (dy) d = f32x4.add(d, loadLanes(dy, lanes));
  const e = sigmoidDecay(az);
  const u = complementOf(az, e);
  const dn = f32x4.mul(d, sigmoidOf(az, e));
  const dz = f32x4.mul(f32x4.mul(dn, u), f32x4.sub(candidate, loadLanes(h0, lanes)));
  storeLanes(a, flush(dz), lanes);
  storeLanes(a + w, flush(dn), lanes);
  storeLanes(dh, flush(f32x4.mul(d, u)), lanes);
}
