import { lstm_cell_backward, lstm_cell_forward } from '../cells/lstm';
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

// Shapes: N rows of T steps by sizes (rows.ts); x [N, I], or with index [N] a table x [V, I] (input.ts); wIh [4H, I],
// wHh [4H, H], bIh, bHh [4H] (0 for none), rows of gates i f g o; y [N, H].

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
      step(m, I, H, V, a, h0, c, c, y, work);
      const ending = <usize>nextRows(i, T, B, sizes) * row;
      if (ending < state) memory.copy(h + ending, y + ending, state - ending);
      a += state << 2;
      h0 = y;
      y += state;
    }
  }
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
  const row = (<usize>H) << 2;
  prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  takeInput(0, countRows(0, T, B, sizes), I, H, V, x, index, gates, bIh, work);
  let before = <usize>B * row;
  for (let t = 0; t < T; t++) {
    const m = rowsAt(t, B, sizes);
    const state = <usize>m * row;
    step(m, I, H, V, gates, h, c, c + before, h + before, work);
    gates += state << 2;
    h += before;
    c += before;
    before = state;
  }
}

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
  const G = H << 2;
  const row = (<usize>H) << 2;
  const rowG = row << 2;
  const rows = countRows(0, T, B, sizes);
  const panels = work + TILE_BYTES;
  packN(G, H, wHh, row, panels, (<usize>G) << 5);
  let at = <usize>rows * row;
  for (let t = T - 1; t >= 0; t--) {
    const m = rowsAt(t, B, sizes);
    at -= <usize>m * row;
    const now = at + <usize>B * row;
    const before = at + (<usize>B - <usize>(t ? rowsAt(t - 1, B, sizes) : B)) * row;
    const a = gates + (at << 2);
    let d = dy ? dy + at : 0;
    if (watch) {
      beforeStep(watch, t, m, H, dh, d, H, dc, 0);
      d = 0;
    }
    lstm_cell_backward(m, H, a, c + before, c + now, dh, d, dc);
    multiply(m, H, G, a, rowG, 4, panels, 32, rowG << 3, 0, 0, dh, row, work);
    if (watch) afterStep(watch, t, m, H, dh, H, dc, 0);
  }
  keepPrevious(T, B, H, sizes, h);
  sgemm_tn_reversed(G, H, rows, gates, G, h, H, dwHh, H, work);
  if (dbIh) addRows(rows, G, gates, G, dbIh, dbHh);
  if (V) addByIndex(rows, G, gates, rowG, index, dP);
  if (!V) inputGradients(rows, G, I, gates, G, x, wIh, dwIh, dx, 0, work);
  else if (finish) inputGradients(V, G, I, dP, G, x, wIh, dwIh, dx, 1, work);
}

// work of the forward passes: [P | tile | bias 4H | W_ih packed | W_hh packed]

function prepare(
  I: i32, H: i32, V: i32, x: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize, work: usize,
): void {
  const G = H << 2;
  const P = work;
  work += tableBytes(V, G);
  const bias = work + TILE_BYTES;
  const panels = bias + ((<usize>G) << 2);
  if (bIh) vec_add(G, bIh, bHh, bias);
  packWeight(I, G, wIh, panels);
  packWeight(H, G, wHh, panels + packedBytes(I, G));
  if (V) projectInput(V, I, H, x, P, bIh, work);
}

/** gates[rows, 4H] of `rows` rows of the input, from row `first` on. */
function takeInput(
  first: i32, rows: i32, I: i32, H: i32, V: i32, x: usize, index: usize, gates: usize, hasBias: usize, work: usize,
): void {
  const at = (<usize>first) << 2;
  if (V) gatherTo(rows, H << 2, work, index + at, gates, (<usize>H) << 4);
  else projectInput(rows, I, H, x + at * <usize>I, gates, hasBias, work);
}

/** gates[rows, 4H] = bias + x·W_ihᵀ. work: past P. */
function projectInput(rows: i32, I: i32, H: i32, x: usize, gates: usize, hasBias: usize, work: usize): void {
  const bias = work + TILE_BYTES;
  const G = H << 2;
  const rowG = (<usize>G) << 2;
  project(rows, G, I, x, bias + rowG, hasBias ? bias : 0, gates, rowG, work);
}

/** gates += h0·W_hhᵀ, then the cell. work: from P on. */
// @ts-ignore: decorator
@inline
function step(
  B: i32, I: i32, H: i32, V: i32, gates: usize, h0: usize, c0: usize, c: usize, h: usize, work: usize,
): void {
  const G = H << 2;
  const rowG = (<usize>G) << 2;
  work += tableBytes(V, G);
  const panels = work + TILE_BYTES + rowG + packedBytes(I, G);
  const rowH = (<usize>H) << 2;
  multiply(B, G, H, h0, rowH, 4, panels, 32, rowH << 3, gates, rowG, gates, rowG, work);
  lstm_cell_forward(B, H, gates, c0, c, h);
}
