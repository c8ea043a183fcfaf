import { gru_cell_backward, gru_cell_forward } from '../cells/gru';
import { packN, packedBytes } from '../gemm/pack';
import { packWeight, project } from '../gemm/project';
import { multiply, TILE_BYTES } from '../gemm/multiply';
import { sgemm_tn_reversed } from '../gemm/sgemm';
import { vec_add } from '../vec/elementwise';
import { addByIndex, gatherTo } from '../vec/byIndex';
import { addRows } from './bias';
import { inputGradients, tableBytes } from './input';
import { countRows, keepPrevious, nextRows, rowsAt } from './ragged';
import { beforeStep, afterStep } from './stepHook';

// Shapes: N rows of T steps by sizes (rows.ts); x [N, I], or with index [N] a table x [V, I] (input.ts), whose P and dP
// [V, 3H] have the order n r z; wIh [3H, I], wHh [3H, H], bIh, bHh [3H] (0 for none), rows of gates r z n as PyTorch;
// gates [N, 4H] in the order n r z q (cells/gru.ts); y [N, H].

/**
 * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one.
 * gates: room for `chunk` steps [chunk·B, 4H]. work: `gruWork(I, H, V)` bytes; with `packed` it still holds what a
 * former call with the same weights put there.
 */
export function gru_forward(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'gru_forward: chunk is below 1');
  const row = (<usize>H) << 2;
  if (!packed) prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  let h0 = h;
  let first = 0;
  for (let t = 0; t < T; t += chunk) {
    const end = min(t + chunk, T);
    const rows = countRows(t, end - t, B, sizes);
    takeInput(first, rows, I, H, V, x, index, gates, bIh, work);
    first += rows;
    let a = gates;
    for (let i = t; i < end; i++) {
      const m = rowsAt(i, B, sizes);
      const state = <usize>m * row;
      step(m, I, H, V, a, h0, y, bIh, work);
      const ending = <usize>nextRows(i, T, B, sizes) * row;
      if (ending < state) memory.copy(h + ending, y + ending, state - ending);
      a += state << 2;
      h0 = y;
      y += state;
    }
  }
}

/** T steps, keeping what `gru_backward` needs: h [B + N, H] with the initial states first; gates [N, 4H]. */
export function gru_forward_train(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, gates: usize, work: usize,
): void {
  const row = (<usize>H) << 2;
  prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  takeInput(0, countRows(0, T, B, sizes), I, H, V, x, index, gates, bIh, work);
  let before = <usize>B * row;
  for (let t = 0; t < T; t++) {
    const m = rowsAt(t, B, sizes);
    const state = <usize>m * row;
    step(m, I, H, V, gates, h, h + before, bIh, work);
    gates += state << 2;
    h += before;
    before = state;
  }
}

/**
 * Backpropagation through the T steps of gru_forward_train, whose gates it overwrites with da_n da_r da_z dq, and with
 * sizes h, too. dy [N, H], 0 for none. dh [B, H]: gradient of the last states, becomes that of the initial ones. dx, as
 * x, 0 to leave it out; a table's is added to, by way of dP [V, 3H] (input.ts). dwIh, dwHh, dbIh, dbHh are added to from
 * the last row to the first (the biases: 0 for none). watch: stepHook.ts, or 0. work: `backwardWork(3, N, I, H, V)` bytes.
 */
export function gru_backward(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize,
  x: usize, index: usize, wIh: usize, wHh: usize,
  h: usize, gates: usize,
  dy: usize, dh: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, dbHh: usize, dP: usize, finish: i32, watch: usize, work: usize,
): void {
  const G = H * 3;
  const ld = H << 2;
  const row = (<usize>H) << 2;
  const rows = countRows(0, T, B, sizes);
  const panels = work + TILE_BYTES;
  packN(G, H, wHh, row, panels, (<usize>G) << 5);
  let at = <usize>rows * row;
  for (let t = T - 1; t >= 0; t--) {
    const m = rowsAt(t, B, sizes);
    at -= <usize>m * row;
    const before = at + (<usize>B - <usize>(t ? rowsAt(t - 1, B, sizes) : B)) * row;
    const a = gates + (at << 2);
    let d = dy ? dy + at : 0;
    if (watch) {
      beforeStep(watch, t, m, H, dh, d, 0, 0, 0);
      d = 0;
    }
    gru_cell_backward(m, H, a, h + before, dh, d);
    multiply(m, H, G, a + row, row << 2, 4, panels, 32, (<usize>G) << 5, dh, row, dh, row, work);
    if (watch) afterStep(watch, t, m, H, dh, 0, 0, 0);
  }
  const hidden = gates + row; // dr dz dq
  const rz = <usize>H * 2;
  keepPrevious(T, B, H, sizes, h);
  sgemm_tn_reversed(G, H, rows, hidden, ld, h, H, dwHh, H, work);
  if (dbIh) {
    addRows(rows, H * 2, hidden, ld, dbIh, dbHh);
    addRows(rows, H, gates, ld, dbIh + (rz << 2), 0);
    addRows(rows, H, hidden + (rz << 2), ld, dbHh + (rz << 2), 0);
  }
  if (V) {
    addByIndex(rows, G, gates, row << 2, index, dP);
    if (!finish) return;
  }
  const da = V ? dP : gates;
  const ldda = V ? G : ld;
  const n = V ? V : rows;
  const atN = (rz * <usize>I) << 2;
  inputGradients(n, H * 2, I, da + row, ldda, x, wIh, dwIh, dx, V ? 1 : 0, work);
  inputGradients(n, H, I, da, ldda, x, wIh + atN, dwIh + atN, dx, 1, work);
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
