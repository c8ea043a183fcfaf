import { rnn_cell_backward, rnn_cell_forward, rnn_cell_forward_train } from '../cells/rnn';
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

// Elman's RNN, h = φ(x·W_ihᵀ + b_ih + h0·W_hhᵀ + b_hh), φ = tanh or, with relu, max(0, ·).
// Shapes: N rows of T steps by sizes (rows.ts); x [N, I], or with index [N] a table x [V, I] (input.ts); wIh [H, I],
// wHh [H, H], bIh, bHh [H] (0 for none); y [N, H].

/**
 * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one.
 * work: `rnnWork(I, H, V)` bytes; with `packed` it still holds what an earlier call with the same weights put there.
 */
export function rnn_forward(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize, relu: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, y: usize, packed: i32, work: usize,
): void {
  if (!packed) prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  steps(T, B, I, H, V, sizes, relu, x, index, bIh, h, y, h, 0, work);
}

/** T steps, keeping what `rnn_backward` needs: h [B + N, H] with the initial states first; slope [N, H], φ′. */
export function rnn_forward_train(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize, relu: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize, h: usize, slope: usize, work: usize,
): void {
  prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  steps(T, B, I, H, V, sizes, relu, x, index, bIh, h, h + ((<usize>B * <usize>H) << 2), 0, slope, work);
}

/**
 * Backpropagation through the T steps of rnn_forward_train, whose slope [N, H] it overwrites with dL/da, and with sizes
 * h, too. dy [N, H], 0 for none.
 * dh [B, H]: gradient of the last states, becomes that of the initial ones. dx, as x, 0 to leave it out; a table's is
 * added to, by way of dP [V, H] (input.ts). dwIh, dwHh, dbIh, dbHh are added to from the last row to the first (the
 * biases: 0 for none). watch: stepHook.ts, or 0. work: `backwardWork(1, N, I, H, V)` bytes.
 */
export function rnn_backward(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize,
  x: usize, index: usize, wIh: usize, wHh: usize,
  h: usize, da: usize,
  dy: usize, dh: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, dbHh: usize, dP: usize, finish: i32, watch: usize, work: usize,
): void {
  const row = (<usize>H) << 2;
  const rows = countRows(0, T, B, sizes);
  const panels = work + TILE_BYTES;
  packN(H, H, wHh, row, panels, row << 3);
  let at = <usize>rows * row;
  for (let t = T - 1; t >= 0; t--) {
    const m = rowsAt(t, B, sizes);
    at -= <usize>m * row;
    let d = dy ? dy + at : 0;
    if (watch) {
      beforeStep(watch, t, m, H, dh, d, 0, 0, 0);
      d = 0;
    }
    rnn_cell_backward(m * H, dh, d, da + at);
    multiply(m, H, H, da + at, row, 4, panels, 32, row << 3, 0, 0, dh, row, work);
    if (watch) afterStep(watch, t, m, H, dh, 0, 0, 0);
  }
  keepPrevious(T, B, H, sizes, h);
  sgemm_tn_reversed(H, H, rows, da, H, h, H, dwHh, H, work);
  if (dbIh) addRows(rows, H, da, H, dbIh, dbHh);
  if (V) addByIndex(rows, H, da, row, index, dP);
  if (!V) inputGradients(rows, H, I, da, H, x, wIh, dwIh, dx, 0, work);
  else if (finish) inputGradients(V, H, I, dP, H, x, wIh, dwIh, dx, 1, work);
}

// work of the forward passes: [P | tile | bias H | W_ih packed | W_hh packed]

function prepare(
  I: i32, H: i32, V: i32, x: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize, work: usize,
): void {
  const rowH = (<usize>H) << 2;
  const P = work;
  work += tableBytes(V, H);
  const bias = work + TILE_BYTES;
  const panels = bias + rowH;
  if (bIh) vec_add(H, bIh, bHh, bias);
  packWeight(I, H, wIh, panels);
  packWeight(H, H, wHh, panels + packedBytes(I, H));
  if (V) project(V, H, I, x, panels, bIh ? bias : 0, P, rowH, work);
}

/** y [N, H] from h0 on; φ′ to slope and every row's last state to hN, unless they are 0. */
function steps(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize, relu: i32, x: usize, index: usize, hasBias: usize,
  h0: usize, y: usize, hN: usize, slope: usize, work: usize,
): void {
  const row = (<usize>H) << 2;
  const rows = countRows(0, T, B, sizes);
  const P = work;
  work += tableBytes(V, H);
  const bias = work + TILE_BYTES;
  const panels = bias + row;
  if (V) gatherTo(rows, H, P, index, y, row);
  else project(rows, H, I, x, panels, hasBias ? bias : 0, y, row, work);
  const hidden = panels + packedBytes(I, H);
  for (let t = 0; t < T; t++) {
    const m = rowsAt(t, B, sizes);
    const state = <usize>m * row;
    multiply(m, H, H, h0, row, 4, hidden, 32, row << 3, y, row, y, row, work);
    if (slope) {
      rnn_cell_forward_train(m * H, relu, y, slope);
      slope += state;
    } else {
      rnn_cell_forward(m * H, relu, y);
    }
    if (hN) {
      const ending = <usize>nextRows(t, T, B, sizes) * row;
      if (ending < state) memory.copy(hN + ending, y + ending, state - ending);
    }
    h0 = y;
    y += state;
  }
}
