import { gru_cell_forward } from '../cells/gru';
import { packedBytes } from '../gemm/pack';
import { packWeight, project } from '../gemm/project';
import { multiplyGates, TILE_BYTES } from '../gemm/multiply';
import { vec_add } from '../vec/elementwise';
import { gatherTo } from '../vec/byIndex';
import { tableBytes } from './input';

// Shapes: N rows of T steps by sizes (rows.ts); x [N, I], or with index [N] a table x [V, I] (input.ts), whose P and dP
// [V, 3H] have the order n r z; wIh [3H, I], wHh [3H, H], bIh, bHh [3H] (0 for none), rows of gates r z n as PyTorch;
// gates [N, 4H] in the order n r z q (cells/gru.ts); y [N, H].

// work of the forward passes: [P | tile | bias of n r z, then b_hn: 4H | W_ih packed: n, r z | W_hh packed: r z, n]

export function gruPrepare(
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
// @ts-ignore: decorator
@inline
export function gruInput(
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
export function gruStep(
  B: i32, I: i32, H: i32, V: i32, gates: usize, h0: usize, h: usize, hasBias: usize, work: usize,
): void {
  const rowH = (<usize>H) << 2;
  const rowG = rowH << 2;
  work += tableBytes(V, H * 3);
  const bias = work + TILE_BYTES;
  const panels = bias + rowG + packedBytes(I, H) + packedBytes(I, H * 2);
  const rz = gates + rowH;
  const q = gates + rowH * 3;
  multiplyGates(2, B, H * 2, H, h0, rowH, 4, panels, 32, rowH << 3, rz, rowG, rz, rowG, work);
  multiplyGates(
    1, B, H, H, h0, rowH, 4, panels + packedBytes(H, H * 2), 32, rowH << 3,
    hasBias ? bias + rowH * 3 : 0, 0, q, rowG, work,
  );
  gru_cell_forward(B, H, gates, h0, h);
}
