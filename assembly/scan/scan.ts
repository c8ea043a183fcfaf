import { packWeight, project } from '../gemm/project';
import { TILE_BYTES } from '../gemm/multiply';
import { inputGradients } from '../sequence/input';
import { countRows, rowsAt } from '../sequence/ragged';
import { beforeStep, afterStep } from '../sequence/stepHook';
import { add_column_sums } from '../vec/reduce';
import { indrnnBackward, indrnnForward } from './indrnn';
import { INDRNN_RELU, MINGRU, MINLSTM, SRU } from './kinds';
import { mingruBackward, mingruForward } from './mingru';
import { minlstmBackward, minlstmForward } from './minlstm';
import { sruForward, sruOutputBackward, sruStateBackward } from './sru';

// Cells without a recurrent product: one projection, and a loop over the elements. cell: kinds.ts.

// Shapes: N rows of T steps by sizes (sequence/ragged.ts); x [N, I]; G is H times 2 (minGRU: z n), 3 (minLSTM: f i g),
// 1 (IndRNN) or 3 (SRU: u f r), 4 where I != H (u f r s); wIh [G, I]; v the state's weights: IndRNN's [H], SRU's [2H]
// (v_f v_r); bIh [G], SRU's [2H] (b_f b_r), 0 for none. The state is h [B, H], and y [N, H] the states; SRU's is c.

/**
 * T steps, keeping nothing but the state, which is the initial one and becomes the last one of every row.
 * gates: room for `chunk` steps [chunk·B, G]; the input is projected `chunk` steps at a time.
 * work: `scanWork(G / H, I, H)` bytes; with `packed` it still holds what an earlier call with the same weights put there.
 */
export function scan_forward(
  cell: i32, T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, v: usize, bIh: usize,
  state: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'scan_forward: chunk is below 1');
  if (!packed) prepare(cell, I, H, wIh, bIh, work);
  steps(cell, T, B, I, H, sizes, x, v, bIh, state, state, y, gates, chunk, work);
}

/**
 * T steps, keeping what `scan_backward` needs: states [B + N, H] with the initial ones first; gates [N, G] before their
 * activations, of IndRNN φ′. y: SRU's; of the others 0, since they are the states from row B on.
 */
export function scan_forward_train(
  cell: i32, T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, v: usize, bIh: usize,
  states: usize, y: usize, gates: usize, work: usize,
): void {
  const next = states + ((<usize>B * <usize>H) << 2);
  prepare(cell, I, H, wIh, bIh, work);
  steps(cell, T, B, I, H, sizes, x, v, bIh, states, next, y ? y : next, gates, T, work);
}

/**
 * Backpropagation through the T steps of scan_forward_train, whose gates it overwrites with dL/da. dy [N, H], 0 for
 * none. dState [B, H]: gradient of the last states, becomes that of the initial ones. dx [N, I], 0 to leave it out.
 * dwIh, dv, dbIh are added to from the last row to the first (dbIh: 0 for none). watch: sequence/stepHook.ts, or 0; SRU's
 * dL/dc in the place of dL/dh, what y brings included. work: `scanBackwardWork(G / H, N, I, H)` bytes.
 */
export function scan_backward(
  cell: i32, T: i32, B: i32, I: i32, H: i32, sizes: usize,
  x: usize, wIh: usize, v: usize, states: usize, gates: usize,
  dy: usize, dState: usize, dx: usize,
  dwIh: usize, dv: usize, dbIh: usize, watch: usize, work: usize,
): void {
  const G = gatesOf(cell, I, H);
  const rowG = (<usize>G) << 2;
  const rowH = (<usize>H) << 2;
  const direct = cell == SRU && I == H;
  const rows = countRows(0, T, B, sizes);
  const after = states + <usize>B * rowH;
  let at = <usize>rows * rowH;
  let a = gates + <usize>rows * rowG;
  for (let t = T - 1; t >= 0; t--) {
    const m = rowsAt(t, B, sizes);
    at -= <usize>m * rowH;
    a -= <usize>m * rowG;
    const before = after + at - <usize>(t ? rowsAt(t - 1, B, sizes) : B) * rowH;
    let d = dy ? dy + at : 0;
    if (cell == SRU) {
      sruOutputBackward(m, H, G, a, direct ? x + at : 0, after + at, d, dState, direct && dx ? dx + at : 0);
      d = 0;
    }
    if (watch) {
      beforeStep(watch, t, m, H, dState, d, 0, 0, 0);
      d = 0;
    }
    if (cell == MINGRU) mingruBackward(m, H, a, before, dState, d);
    else if (cell == MINLSTM) minlstmBackward(m, H, a, before, dState, d);
    else if (cell == SRU) sruStateBackward(m, H, G, a, v, before, dState, dv);
    else indrnnBackward(m, H, a, v, before, dState, d, dv);
    if (watch) afterStep(watch, t, m, H, dState, 0, 0, 0);
  }
  if (dbIh) {
    if (cell == SRU) add_column_sums(rows, H << 1, gates + rowH, G, dbIh);
    else add_column_sums(rows, G, gates, G, dbIh);
  }
  inputGradients(rows, G, I, gates, G, x, wIh, dwIh, dx, direct ? 1 : 0, work);
}

/** G. */
function gatesOf(cell: i32, I: i32, H: i32): i32 {
  if (cell == MINGRU) return H << 1;
  if (cell == MINLSTM) return H * 3;
  if (cell == SRU) return I == H ? H * 3 : H << 2;
  return H;
}

// work of the forward passes: [tile | bias G | W_ih packed]

function prepare(cell: i32, I: i32, H: i32, wIh: usize, bIh: usize, work: usize): void {
  const G = gatesOf(cell, I, H);
  const rowG = (<usize>G) << 2;
  const rowH = (<usize>H) << 2;
  const bias = work + TILE_BYTES;
  if (bIh) {
    const own = cell == SRU ? rowH << 1 : rowG;
    memory.fill(bias, 0, rowG);
    memory.copy(cell == SRU ? bias + rowH : bias, bIh, own);
  }
  packWeight(I, G, wIh, bias + rowG);
}

/** From `before` on: the states to `after`, where they stay (`after` = `before`) or follow each other. */
function steps(
  cell: i32, T: i32, B: i32, I: i32, H: i32, sizes: usize, x: usize, v: usize, hasBias: usize,
  before: usize, after: usize, y: usize, gates: usize, chunk: i32, work: usize,
): void {
  const G = gatesOf(cell, I, H);
  const rowG = (<usize>G) << 2;
  const rowH = (<usize>H) << 2;
  const bias = work + TILE_BYTES;
  const keeps = after != before;
  for (let t = 0; t < T; t += chunk) {
    const end = min(t + chunk, T);
    const rows = countRows(t, end - t, B, sizes);
    project(rows, G, I, x, bias + rowG, hasBias ? bias : 0, gates, rowG, work);
    let a = gates;
    for (let i = t; i < end; i++) {
      const m = rowsAt(i, B, sizes);
      if (cell == MINGRU) mingruForward(m, H, a, before, after, y);
      else if (cell == MINLSTM) minlstmForward(m, H, a, before, after, y);
      else if (cell == SRU) sruForward(m, H, G, a, v, I == H ? x : 0, before, after, y);
      else indrnnForward(m, H, cell == INDRNN_RELU, a, v, before, after, y);
      a += <usize>m * rowG;
      x += (<usize>m * <usize>I) << 2;
      y += <usize>m * rowH;
      if (keeps) {
        before = after;
        after += <usize>m * rowH;
      }
    }
  }
}
