import { lstm_cell_forward } from '../cells/lstm';
import { rnn_cell_forward, rnn_cell_forward_train } from '../cells/rnn';
import { packedBytes } from '../gemm/pack';
import { packWeight, project } from '../gemm/project';
import { multiplyGates, TILE_BYTES } from '../gemm/multiply';
import { vec_add } from '../vec/elementwise';
import { gatherTo } from '../vec/byIndex';
import { tableBytes } from './input';
import { firstStep, firstTurn, followingTurn, lastStep, meet } from '../team';
import { gruInput, gruPrepare, gruStep } from './gru';
import { countRows, keepLast, rowsAt, turnAt, turnRows } from './ragged';

// Forward passes. Shapes: N rows of T steps by sizes (rows.ts); x [N, I], or with index [N] a table x [V, I] (input.ts); wIh [G, I],
// wHh [G, H], bIh, bHh [G] (0 for none), G = 4H of an LSTM, rows of gates i f g o, and H of an RNN; of a GRU: gru.ts; y [N, H].
// RNN: Elman's, h = φ(x·W_ihᵀ + b_ih + h0·W_hhᵀ + b_hh), φ = tanh or, with relu, max(0, ·).

/** Cells. 1 more than RNN: with relu. */
const LSTM = 0;
const GRU = 1;
const RNN = 2;

/**
 * T steps, keeping nothing but the two states: h and c [B, H] are the initial ones and become the last ones.
 * gates: room for `chunk` steps [chunk·B, 4H]; the input is projected `chunk` steps at a time.
 * work: `lstmWork(I, H, V)` bytes; with `packed` it still holds what an earlier call with the same weights put there.
 */
export function lstm_forward(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, c: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'lstm_forward: chunk is below 1');
  if (!packed) prepare(H << 2, I, H, V, x, wIh, wHh, bIh, bHh, work);
  forward(LSTM, T, B, I, H, V, sizes, x, index, bIh, h, c, y, false, gates, chunk, work);
}

/**
 * T steps, keeping what `lstm_backward` needs: h and c [B + N, H] with the initial states first, so that the output is
 * h from row B on; gates [N, 4H] after their activations. Otherwise as lstm_forward.
 */
export function lstm_forward_train(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, c: usize, gates: usize, work: usize,
): void {
  prepare(H << 2, I, H, V, x, wIh, wHh, bIh, bHh, work);
  forward(LSTM, T, B, I, H, V, sizes, x, index, bIh, h, c, 0, true, gates, T, work);
}

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
  if (!packed) gruPrepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  forward(GRU, T, B, I, H, V, sizes, x, index, bIh, h, 0, y, false, gates, chunk, work);
}

/** T steps, keeping what `gru_backward` needs: h [B + N, H] with the initial states first; gates [N, 4H]. */
export function gru_forward_train(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, gates: usize, work: usize,
): void {
  gruPrepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  forward(GRU, T, B, I, H, V, sizes, x, index, bIh, h, 0, 0, true, gates, T, work);
}

/**
 * T steps, keeping nothing but the state: h [B, H] is the initial one and becomes the last one.
 * work: `rnnWork(I, H, V)` bytes; with `packed` it still holds what an earlier call with the same weights put there.
 */
export function rnn_forward(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize, relu: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, y: usize, packed: i32, work: usize,
): void {
  if (!packed) prepare(H, I, H, V, x, wIh, wHh, bIh, bHh, work);
  forward(RNN + relu, T, B, I, H, V, sizes, x, index, bIh, h, 0, y, false, 0, T, work);
}

/** T steps, keeping what `rnn_backward` needs: h [B + N, H] with the initial states first; slope [N, H], φ′. */
export function rnn_forward_train(
  T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize, relu: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize, h: usize, slope: usize, work: usize,
): void {
  prepare(H, I, H, V, x, wIh, wHh, bIh, bHh, work);
  const initial = (<usize>B * <usize>H) << 2;
  forward(RNN + relu, T, B, I, H, V, sizes, x, index, bIh, h, slope - initial, 0, true, 0, T, work);
}

// work of LSTM and RNN: [P | tile | bias G | W_ih packed | W_hh packed]

function prepare(
  G: i32, I: i32, H: i32, V: i32, x: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize, work: usize,
): void {
  const bias = work + tableBytes(V, G) + TILE_BYTES;
  const panels = bias + ((<usize>G) << 2);
  if (bIh) vec_add(G, bIh, bHh, bias);
  packWeight(I, G, wIh, panels);
  packWeight(H, G, wHh, panels + packedBytes(I, G));
  if (V) projectInput(G, V, I, x, work, bIh, bias - TILE_BYTES);
}

/** out[rows, G] of the input's rows from `first` on. */
// @ts-ignore: decorator
@inline
function takeInput(
  G: i32, first: i32, rows: i32, I: i32, V: i32, x: usize, index: usize, out: usize, hasBias: usize, work: usize,
): void {
  const at = (<usize>first) << 2;
  if (V) gatherTo(rows, G, work, index + at, out, (<usize>G) << 2);
  else projectInput(G, rows, I, x + at * <usize>I, out, hasBias, work);
}

/** out[rows, G] = bias + x·W_ihᵀ. work: past P. */
function projectInput(G: i32, rows: i32, I: i32, x: usize, out: usize, hasBias: usize, work: usize): void {
  const bias = work + TILE_BYTES;
  const rowG = (<usize>G) << 2;
  project(rows, G, I, x, bias + rowG, hasBias ? bias : 0, out, rowG, work);
}

/**
 * h and, of an LSTM, c: with `keeps`, all states [B + N, H], the initial ones first; without, the initial ones [B, H], which become the
 * last ones, and y [N, H] is the output. c of an RNN: with `keeps` its slopes [N, H], B rows before them. An RNN has no gates, and a
 * chunk of all steps.
 */
function forward(
  cell: i32, T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize, x: usize, index: usize, hasBias: usize,
  h: usize, c: usize, y: usize, keeps: bool, gates: usize, chunk: i32, work: usize,
): void {
  const G = cell ? H : H << 2;
  if (keeps) y = h + ((<usize>B * <usize>H) << 2);
  let first = 0;
  for (let t = 0; t < T; t += chunk) {
    const n = min(chunk, T - t);
    const rows = countRows(t, n, B, sizes);
    if (cell == GRU) gruInput(first, rows, I, H, V, x, index, gates, hasBias, work);
    else takeInput(G, first, rows, I, V, x, index, cell ? y : gates, hasBias, work);
    for (let on = firstTurn(n, B); on; on = followingTurn(n, B)) {
      const from = firstStep();
      const done = countRows(t, from, B, sizes);
      const a = gates + (<usize>done * <usize>H << 4);
      steps(cell, G, t + from, t + lastStep(n), first + done, T, B, I, H, V, sizes, hasBias, h, c, y, keeps, a, work);
    }
    first += rows;
  }
}

/** Steps t to end − 1 of `forward`, before which there are `first` rows; gates: those of step t. */
// @ts-ignore: decorator
@inline
function steps(
  cell: i32, G: i32, t: i32, end: i32, first: i32, T: i32, B: i32, I: i32, H: i32, V: i32, sizes: usize, hasBias: usize,
  h: usize, c: usize, y: usize, keeps: bool, gates: usize, work: usize,
): void {
  const row = (<usize>H) << 2;
  const rowG = (<usize>G) << 2;
  const tile = work + tableBytes(V, G);
  const panels = tile + TILE_BYTES + rowG + packedBytes(I, G);
  const own = turnAt(row);
  const before = <usize>(t ? rowsAt(t - 1, B, sizes) : B) * row;
  const at = <usize>first * row + own;
  h += own;
  c += own;
  gates += own << 2;
  y += at;
  let h0 = t ? y - before : h;
  let c0 = c;
  if (keeps) {
    c0 += <usize>(first + B) * row - before;
    c = c0 + before;
  }
  for (; t < end; t++) {
    const all = rowsAt(t, B, sizes);
    const state = <usize>all * row;
    const m = turnRows(all);
    if (cell == GRU) {
      gruStep(m, I, H, V, gates, h0, y, hasBias, work);
    } else {
      const a = cell ? y : gates;
      multiplyGates(cell ? 1 : 4, m, G, H, h0, row, 4, panels, 32, row << 3, a, rowG, a, rowG, tile);
      // the cell's share of several rows of an RNN is not one of columns
      if (cell && m > 1) meet();
      if (!cell) lstm_cell_forward(m, H, gates, c0, c, y);
      else if (keeps) rnn_cell_forward_train(m * H, cell - RNN, y, c);
      else rnn_cell_forward(m * H, cell - RNN, y);
    }
    gates += state << 2;
    h0 = y;
    if (keeps) {
      c0 = c;
      c += state;
    } else {
      keepLast(m, t, T, B, sizes, row, y, h);
    }
    y += state;
  }
}
