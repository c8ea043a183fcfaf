import { rnn_cell_backward, rnn_cell_forward, rnn_cell_forward_train } from '../cells/rnn';
import { packN, packedBytes } from '../gemm/pack';
import { packWeight, project } from '../gemm/project';
import { multiply, TILE_BYTES } from '../gemm/rows';
import { sgemm_tn } from '../gemm/sgemm';
import { vec_add } from '../vec/elementwise';
import { gatherTo } from '../vec/rows';
import { addRows } from './bias';
import { inputGradients, sumByIndex, tableBytes } from './input';

// Elman's RNN, h = φ(x·W_ihᵀ + b_ih + h0·W_hhᵀ + b_hh), φ = tanh or, with relu, max(0, ·).
// Shapes: x [T, B, I], or with index [T, B] a table x [V, I] (input.ts); wIh [H, I], wHh [H, H], bIh, bHh [H] (0 for
// none); y, h [., B, H].

/**
 * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one. y [T, B, H].
 * work: `rnnWork(I, H, V)` bytes; with `packed` it still holds what a former call with the same weights put there.
 */
export function rnn_forward(
  T: i32, B: i32, I: i32, H: i32, V: i32, relu: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, y: usize, packed: i32, work: usize,
): void {
  if (!packed) prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  const last = steps(T, B, I, H, V, relu, x, index, bIh, h, y, 0, work);
  memory.copy(h, last, (<usize>B * <usize>H) << 2);
}

/** T steps, keeping what `rnn_backward` needs: h [T + 1, B, H] with the initial state first; slope [T, B, H], φ′. */
export function rnn_forward_train(
  T: i32, B: i32, I: i32, H: i32, V: i32, relu: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize, h: usize, slope: usize, work: usize,
): void {
  prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  steps(T, B, I, H, V, relu, x, index, bIh, h, h + ((<usize>B * <usize>H) << 2), slope, work);
}

/**
 * Backpropagation through the T steps of rnn_forward_train, whose slope [T, B, H] it overwrites with dL/da.
 * dy [T, B, H], 0 for none.
 * dh [B, H]: gradient of the last state, becomes that of the initial one. dx, as x, 0 to leave it out; a table's is
 * added to. dwIh, dwHh, dbIh, dbHh are added to (the biases: 0 for none). work: `backwardWork(1, T, B, I, H, V)` bytes.
 */
export function rnn_backward(
  T: i32, B: i32, I: i32, H: i32, V: i32,
  x: usize, index: usize, wIh: usize, wHh: usize,
  h: usize, da: usize,
  dy: usize, dh: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, dbHh: usize, work: usize,
): void {
  const n = B * H;
  const state = (<usize>n) << 2;
  const rowH = (<usize>H) << 2;
  const dP = work;
  work += tableBytes(V, H);
  const panels = work + TILE_BYTES;
  packN(H, H, wHh, rowH, panels, rowH << 3);
  for (let t = T - 1; t >= 0; t--) {
    const at = <usize>t * state;
    rnn_cell_backward(n, dh, dy ? dy + at : 0, da + at);
    multiply(B, H, H, da + at, rowH, 4, panels, 32, rowH << 3, 0, 0, dh, rowH, work);
  }
  const rows = T * B;
  sgemm_tn(H, H, rows, da, H, h, H, 1, dwHh, H, work);
  if (dbIh) addRows(rows, H, da, H, dbIh, dbHh, work);
  if (V) sumByIndex(rows, H, da, rowH, index, V, dP);
  inputGradients(V ? V : rows, H, I, V ? dP : da, H, x, wIh, dwIh, dx, V ? 1 : 0, work);
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

/** y [T, B, H] from h0 on, and φ′ to slope unless it is 0; returns where the last state is. */
function steps(
  T: i32, B: i32, I: i32, H: i32, V: i32, relu: i32, x: usize, index: usize, hasBias: usize, h0: usize, y: usize,
  slope: usize, work: usize,
): usize {
  const rowH = (<usize>H) << 2;
  const state = <usize>B * rowH;
  const P = work;
  work += tableBytes(V, H);
  const bias = work + TILE_BYTES;
  const panels = bias + rowH;
  if (V) gatherTo(T * B, H, P, index, y, rowH);
  else project(T * B, H, I, x, panels, hasBias ? bias : 0, y, rowH, work);
  const hidden = panels + packedBytes(I, H);
  for (let t = 0; t < T; t++, y += state) {
    multiply(B, H, H, h0, rowH, 4, hidden, 32, rowH << 3, y, rowH, y, rowH, work);
    if (slope) {
      rnn_cell_forward_train(B * H, relu, y, slope);
      slope += state;
    } else {
      rnn_cell_forward(B * H, relu, y);
    }
    h0 = y;
  }
  return h0;
}
