import { gru_cell_backward, gru_cell_forward } from '../cells/gru';
import { packN, packedBytes } from '../gemm/pack';
import { packWeight, project } from '../gemm/project';
import { multiply, TILE_BYTES } from '../gemm/rows';
import { sgemm_tn } from '../gemm/sgemm';
import { vec_add } from '../vec/elementwise';
import { add_column_sums } from '../vec/reduce';
import { gatherTo } from '../vec/rows';
import { addRows } from './bias';
import { inputGradients, sumByIndex, tableBytes } from './input';

// Shapes: x [T, B, I], or with index [T, B] a table x [V, I] (input.ts), whose P [V, 3H] has the order n r z;
// wIh [3H, I], wHh [3H, H], bIh, bHh [3H] (0 for none), rows of gates r z n as PyTorch;
// gates [., B, 4H] in the order n r z q (cells/gru.ts); y, h [., B, H].

/**
 * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one. y [T, B, H].
 * gates: room for `chunk` steps [chunk, B, 4H]. work: `gruWork(I, H, V)` bytes; with `packed` it still holds what a
 * former call with the same weights put there.
 */
export function gru_forward(
  T: i32, B: i32, I: i32, H: i32, V: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'gru_forward: chunk is below 1');
  const state = (<usize>B * <usize>H) << 2;
  if (!packed) prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  let h0 = h;
  for (let t = 0; t < T; t += chunk) {
    const steps = min(chunk, T - t);
    takeInput(t * B, steps * B, I, H, V, x, index, gates, bIh, work);
    for (let i = 0; i < steps; i++) {
      step(B, I, H, V, gates + (<usize>i * state << 2), h0, y, bIh, work);
      h0 = y;
      y += state;
    }
  }
  memory.copy(h, h0, state);
}

/** T steps, keeping what `gru_backward` needs: h [T + 1, B, H] with the initial state first; gates [T, B, 4H]. */
export function gru_forward_train(
  T: i32, B: i32, I: i32, H: i32, V: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, gates: usize, work: usize,
): void {
  const state = (<usize>B * <usize>H) << 2;
  prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  takeInput(0, T * B, I, H, V, x, index, gates, bIh, work);
  for (let t = 0; t < T; t++, gates += state << 2, h += state) step(B, I, H, V, gates, h, h + state, bIh, work);
}

/**
 * Backpropagation through the T steps of gru_forward_train, whose gates it overwrites with da_n da_r da_z dq.
 * dy [T, B, H], 0 for none. dh [B, H]: gradient of the last state, becomes that of the initial one. dx, as x, 0 to
 * leave it out; a table's is added to. dwIh, dwHh, dbIh, dbHh are added to (the biases: 0 for none).
 * work: `backwardWork(3, T, B, I, H, V)` bytes.
 */
export function gru_backward(
  T: i32, B: i32, I: i32, H: i32, V: i32,
  x: usize, index: usize, wIh: usize, wHh: usize,
  h: usize, gates: usize,
  dy: usize, dh: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, dbHh: usize, work: usize,
): void {
  const G = H * 3;
  const ld = H << 2;
  const state = (<usize>B * <usize>H) << 2;
  const rowH = (<usize>H) << 2;
  const dP = work;
  work += tableBytes(V, G);
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
  if (dbIh) {
    addRows(rows, H * 2, hidden, ld, dbIh, dbHh, work);
    add_column_sums(rows, H, gates, ld, dbIh + (rz << 2));
    add_column_sums(rows, H, hidden + (rz << 2), ld, dbHh + (rz << 2));
  }
  if (V) sumByIndex(rows, G, gates, rowH << 2, index, V, dP);
  const da = V ? dP : gates;
  const ldda = V ? G : ld;
  const m = V ? V : rows;
  const atN = (rz * <usize>I) << 2;
  inputGradients(m, H * 2, I, da + rowH, ldda, x, wIh, dwIh, dx, V ? 1 : 0, work);
  inputGradients(m, H, I, da, ldda, x, wIh + atN, dwIh + atN, dx, 1, work);
}

// work of the forward passes: [P | tile | bias of n r z, then b_hn: 4H | W_ih packed: n, r z | W_hh packed: r z, n]

function prepare(
  I: i32, H: i32, V: i32, x: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize, work: usize,
): void {
  const rowH = (<usize>H) << 2;
  const P = work;
  work += tableBytes(V, H * 3);
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
  if (V) projectInput(V, I, H, x, P, rowH * 3, bIh, work);
}

/** gates[rows, n r z of 4H] of the input's rows from `first` on. */
function takeInput(
  first: i32, rows: i32, I: i32, H: i32, V: i32, x: usize, index: usize, gates: usize, hasBias: usize, work: usize,
): void {
  const at = (<usize>first) << 2;
  const rowG = (<usize>H) << 4;
  if (V) gatherTo(rows, H * 3, work, index + at, gates, rowG);
  else projectInput(rows, I, H, x + at * <usize>I, gates, rowG, hasBias, work);
}

/** out[rows, n r z] = bias + x·W_ihᵀ. ld: bytes from row to row of out. work: past P. */
function projectInput(
  rows: i32, I: i32, H: i32, x: usize, out: usize, ld: usize, hasBias: usize, work: usize,
): void {
  const rowH = (<usize>H) << 2;
  const bias = work + TILE_BYTES;
  const panels = bias + rowH * 4;
  project(rows, H, I, x, panels, hasBias ? bias : 0, out, ld, work);
  project(rows, H * 2, I, x, panels + packedBytes(I, H), hasBias ? bias + rowH : 0, out + rowH, ld, work);
}

/** r z += h0·W_hrzᵀ; q = b_hn + h0·W_hnᵀ; then the cell. */
function step(
  B: i32, I: i32, H: i32, V: i32, gates: usize, h0: usize, h: usize, hasBias: usize, work: usize,
): void {
  const rowH = (<usize>H) << 2;
  const rowG = rowH << 2;
  work += tableBytes(V, H * 3);
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
