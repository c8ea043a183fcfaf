import { gru_cell_backward, gru_cell_forward } from '../cells/gru';
import { packN, packedBytes } from '../gemm/pack';
import { packWeight, project } from '../gemm/project';
import { multiply, TILE_BYTES } from '../gemm/rows';
import { sgemm_nn, sgemm_tn } from '../gemm/sgemm';
import { vec_add } from '../vec/elementwise';
import { add_column_sums } from '../vec/reduce';
import { addRows } from './bias';

// Shapes: x [T, B, I]; wIh [3H, I], wHh [3H, H], bIh, bHh [3H] (0 for none), rows of gates r z n as PyTorch;
// gates [., B, 4H] in the order n r z q (cells/gru.ts); y, h [., B, H].

/**
 * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one. y [T, B, H].
 * gates: room for `chunk` steps [chunk, B, 4H]. work: `gruWork(I, H)` bytes; with `packed` it still holds what a
 * former call with the same weights put there.
 */
export function gru_forward(
  T: i32, B: i32, I: i32, H: i32,
  x: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'gru_forward: chunk is below 1');
  const state = (<usize>B * <usize>H) << 2;
  const stepX = (<usize>B * <usize>I) << 2;
  if (!packed) prepare(I, H, wIh, wHh, bIh, bHh, work);
  let h0 = h;
  for (let t = 0; t < T; t += chunk) {
    const steps = min(chunk, T - t);
    projectInput(steps * B, I, H, x, gates, bIh, work);
    for (let i = 0; i < steps; i++) {
      step(B, I, H, gates + (<usize>i * state << 2), h0, y, bIh, work);
      h0 = y;
      y += state;
    }
    x += <usize>steps * stepX;
  }
  memory.copy(h, h0, state);
}

/** T steps, keeping what `gru_backward` needs: h [T + 1, B, H] with the initial state first; gates [T, B, 4H]. */
export function gru_forward_train(
  T: i32, B: i32, I: i32, H: i32,
  x: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, gates: usize, work: usize,
): void {
  const state = (<usize>B * <usize>H) << 2;
  prepare(I, H, wIh, wHh, bIh, bHh, work);
  projectInput(T * B, I, H, x, gates, bIh, work);
  for (let t = 0; t < T; t++, gates += state << 2, h += state) step(B, I, H, gates, h, h + state, bIh, work);
}

/**
 * Backpropagation through the T steps of gru_forward_train, whose gates it overwrites with da_n da_r da_z dq.
 * dy [T, B, H], 0 for none. dh [B, H]: gradient of the last state, becomes that of the initial one. dx [T, B, I],
 * 0 to leave it out. dwIh, dwHh, dbIh, dbHh are added to (the biases: 0 for none).
 * work: `backwardWork(3, T, B, I, H)` bytes.
 */
export function gru_backward(
  T: i32, B: i32, I: i32, H: i32,
  x: usize, wIh: usize, wHh: usize,
  h: usize, gates: usize,
  dy: usize, dh: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, dbHh: usize, work: usize,
): void {
  const G = H * 3;
  const ld = H << 2;
  const state = (<usize>B * <usize>H) << 2;
  const rowH = (<usize>H) << 2;
  const panels = work + TILE_BYTES;
  packN(G, H, wHh, rowH, panels, (<usize>G) << 5);
  for (let t = T - 1; t >= 0; t--) {
    const at = <usize>t * state;
    const a = gates + (at << 2);
    gru_cell_backward(B, H, a, h + at, dh, dy ? dy + at : 0);
    multiply(B, H, G, a + rowH, rowH << 2, 4, panels, 32, (<usize>G) << 5, dh, rowH, dh, rowH, work);
  }
  const rows = T * B;
  const hidden = gates + rowH; // dr dz dq
  const rz = <usize>H * 2;
  sgemm_tn(G, H, rows, hidden, ld, h, H, 1, dwHh, H, work);
  sgemm_tn(H * 2, I, rows, hidden, ld, x, I, 1, dwIh, I, work);
  sgemm_tn(H, I, rows, gates, ld, x, I, 1, dwIh + ((rz * <usize>I) << 2), I, work);
  if (dx) {
    sgemm_nn(rows, I, H * 2, hidden, ld, wIh, I, 0, dx, I, work);
    sgemm_nn(rows, I, H, gates, ld, wIh + ((rz * <usize>I) << 2), I, 1, dx, I, work);
  }
  if (dbIh) {
    addRows(rows, H * 2, hidden, ld, dbIh, dbHh, work);
    add_column_sums(rows, H, gates, ld, dbIh + (rz << 2));
    add_column_sums(rows, H, hidden + (rz << 2), ld, dbHh + (rz << 2));
  }
}

// work of the forward passes: [tile | bias of n r z, then b_hn: 4H | W_ih packed: n, r z | W_hh packed: r z, n]

function prepare(I: i32, H: i32, wIh: usize, wHh: usize, bIh: usize, bHh: usize, work: usize): void {
  const rowH = (<usize>H) << 2;
  const bias = work + TILE_BYTES;
  if (bIh) {
    memory.copy(bias, bIh + rowH * 2, rowH);
    vec_add(H * 2, bIh, bHh, bias + rowH);
    memory.copy(bias + rowH * 3, bHh + rowH * 2, rowH);
  }
  let to = bias + rowH * 4;
  packWeight(I, H, wIh + rowH * 2 * <usize>I, to);
  to += packedBytes(I, H);
  packWeight(I, H * 2, wIh, to);
  to += packedBytes(I, H * 2);
  packWeight(H, H * 2, wHh, to);
  packWeight(H, H, wHh + rowH * 2 * <usize>H, to + packedBytes(H, H * 2));
}

/** gates[rows, n r z of 4H] = bias + x·W_ihᵀ. */
function projectInput(rows: i32, I: i32, H: i32, x: usize, gates: usize, hasBias: usize, work: usize): void {
  const rowH = (<usize>H) << 2;
  const bias = work + TILE_BYTES;
  const panels = bias + rowH * 4;
  project(rows, H, I, x, panels, hasBias ? bias : 0, gates, rowH << 2, work);
  project(
    rows, H * 2, I, x, panels + packedBytes(I, H), hasBias ? bias + rowH : 0, gates + rowH, rowH << 2, work,
  );
}

/** r z += h0·W_hrzᵀ; q = b_hn + h0·W_hnᵀ; then the cell. */
function step(B: i32, I: i32, H: i32, gates: usize, h0: usize, h: usize, hasBias: usize, work: usize): void {
  const rowH = (<usize>H) << 2;
  const rowG = rowH << 2;
  const bias = work + TILE_BYTES;
  const panels = bias + rowG + packedBytes(I, H) + packedBytes(I, H * 2);
  const rz = gates + rowH;
  const q = gates + rowH * 3;
  multiply(B, H * 2, H, h0, rowH, 4, panels, 32, rowH << 3, rz, rowG, rz, rowG, work);
  multiply(
    B, H, H, h0, rowH, 4, panels + packedBytes(H, H * 2), 32, rowH << 3,
    hasBias ? bias + rowH * 3 : 0, 0, q, rowG, work,
  );
  gru_cell_forward(B, H, gates, h0, h);
}
