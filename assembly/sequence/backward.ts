import { lstm_cell_backward } from '../cells/lstm';
import { gru_cell_backward } from '../cells/gru';
import { rnn_cell_backward } from '../cells/rnn';
import { multiplyGates, TILE_BYTES } from '../gemm/multiply';
import { packN } from '../gemm/pack';
import { sgemm_tn_reversed } from '../gemm/sgemm';
import { firstStep, firstTurn, followingTurn, lastStep, meet } from '../team';
import { addByIndex } from '../vec/byIndex';
import { addRows } from './bias';
import { inputGradients } from './input';
import { countRows, keepPrevious, rowsAt, turnAt, turnRows } from './ragged';
import { beforeStep, afterStep } from './stepHook';

// Backward passes. Shapes: forward.ts, gru.ts.

/**
 * Backpropagation through the T steps of lstm_forward_train, whose gates it overwrites with dL/da, and with sizes h, too.
 * dy [N, H], 0 for none. dh, dc [B, H]: gradients of the last states, become those of the initial ones.
 * dx, as x, 0 to leave it out; a table's is added to, by way of dP [V, 4H] (input.ts). dwIh, dwHh, dbIh, dbHh are added
 * to from the last row to the first (the biases: 0 for none). watch: stepHook.ts, or 0.
 * work: `backwardWork(4, N, I, H, V)` bytes.
 */
export function lstm_backward(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize,
  x: usize, index: usize, wIh: usize, wHh: usize,
  h: usize, c: usize, gates: usize,
  dy: usize, dh: usize, dc: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, dbHh: usize, dP: usize, finish: i32, watch: usize, work: usize,
): void {
  backward(
    T, B, I, H, V, sizes, x, index, wIh, wHh, h, c, gates, dy, dh, dc, dx, dwIh, dwHh, dbIh, dbHh, dP, finish, watch, work,
  );
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
  backward(
    T, B, I, H, V, sizes, x, index, wIh, wHh, h, 0, da, dy, dh, 0, dx, dwIh, dwHh, dbIh, dbHh, dP, finish, watch, work,
  );
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
  throughSteps(G, T, B, H, sizes, wHh, h, 0, gates, dy, dh, 0, watch, work);
  const hidden = gates + row; // dr dz dq
  const rz = <usize>H * 2;
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

/** Of LSTM and RNN, whose c and dc are 0. */
function backward(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize,
  x: usize, index: usize, wIh: usize, wHh: usize,
  h: usize, c: usize, gates: usize,
  dy: usize, dh: usize, dc: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, dbHh: usize, dP: usize, finish: i32, watch: usize, work: usize,
): void {
  const G = c ? H << 2 : H;
  const rowG = (<usize>G) << 2;
  const rows = countRows(0, T, B, sizes);
  throughSteps(G, T, B, H, sizes, wHh, h, c, gates, dy, dh, dc, watch, work);
  sgemm_tn_reversed(G, H, rows, gates, G, h, H, dwHh, H, work);
  if (dbIh) addRows(rows, G, gates, G, dbIh, dbHh);
  if (V) addByIndex(rows, G, gates, rowG, index, dP);
  if (!V) inputGradients(rows, G, I, gates, G, x, wIh, dwIh, dx, 0, work);
  else if (finish) inputGradients(V, G, I, dP, G, x, wIh, dwIh, dx, 1, work);
}

/**
 * All steps, from the last one on: the gradients of gates, or of an RNN's pre-activations, and of the states. Then h becomes h0 [N, H].
 * G: rows of W_hh, by which cells are told from each other.
 */
function throughSteps(
  G: i32, T: i32, B: i32, H: i32, sizes: usize, wHh: usize, h: usize, c: usize, gates: usize,
  dy: usize, dh: usize, dc: usize, watch: usize, work: usize,
): void {
  packN(G, H, wHh, (<usize>H) << 2, work + TILE_BYTES, (<usize>G) << 5);
  for (let on = firstTurn(T, B); on; on = followingTurn(T, B)) {
    stepsBack(T - lastStep(T), T - firstStep(), B, H, G, sizes, h, c, gates, dy, dh, dc, watch, work);
  }
  keepPrevious(T, B, H, sizes, h);
}

/** Steps end − 1 to `first`. */
// @ts-ignore: decorator
@inline
function stepsBack(
  first: i32, end: i32, B: i32, H: i32, G: i32, sizes: usize, h: usize, c: usize, gates: usize,
  dy: usize, dh: usize, dc: usize, watch: usize, work: usize,
): void {
  const row = (<usize>H) << 2;
  const isRnn = G == H;
  const isGru = !c && !isRnn;
  const ld = isRnn ? row : row << 2;
  const own = turnAt(row);
  dh += own;
  dc += own;
  let at = <usize>countRows(0, end, B, sizes) * row + own;
  for (let t = end - 1; t >= first; t--) {
    const all = rowsAt(t, B, sizes);
    at -= <usize>all * row;
    const m = turnRows(all);
    const now = at + <usize>B * row;
    const before = now - <usize>(t ? rowsAt(t - 1, B, sizes) : B) * row;
    let a = gates + (isRnn ? at : at << 2);
    let d = dy ? dy + at : 0;
    if (watch) {
      beforeStep(watch, t, m, H, dh, d, H, dc, 0);
      d = 0;
    }
    if (c) lstm_cell_backward(m, H, a, c + before, c + now, dh, d, dc);
    else if (isRnn) rnn_cell_backward(m * H, dh, d, a);
    else gru_cell_backward(m, H, a, h + before, dh, d);
    if (isGru) a += row;
    multiplyGates(1, m, H, G, a, ld, 4, work + TILE_BYTES, 32, (<usize>G) << 5, isGru ? dh : 0, row, dh, row, work);
    // shares of an RNN's cell are not those of units where a step, this or the one before, has several rows
    if (isRnn && B > 1) meet();
    if (watch) afterStep(watch, t, m, H, dh, H, dc, 0);
  }
}
