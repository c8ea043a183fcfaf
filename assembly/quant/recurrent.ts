import { gru_cell_forward } from '../cells/gru';
import { lstm_cell_forward } from '../cells/lstm';
import { rnn_cell_forward } from '../cells/rnn';
import { countRows, nextRows, rowsAt } from '../sequence/ragged';
import { gruGates, lstmGates } from './gates';
import { quantLinear } from './linear';

/** Kinds of cells: an RNN with tanh or relu, a GRU with the reset gate after the product, an LSTM. */
export const RNN_TANH = 0;
export const RNN_RELU = 1;
export const GRU = 2;
export const LSTM = 3;

/**
 * T steps of a cell, keeping nothing but the states: h and, of an LSTM, c [B, H] are the initial ones and become the last
 * ones. N rows of T steps by sizes (sequence/ragged.ts); x [N, I]; wIh [G, I], wHh [G, H] packed (quant/linear.ts), rows by
 * gate: h of an RNN, i f g o of an LSTM, of a GRU n r z in wIh and r z n in wHh; bias: the sums of both biases, [H] of an
 * RNN, [4H] of an LSTM; of a GRU [4H] n r z as in wIh, then b_hn; y [N, H]. gates: room for `chunk` steps
 * [chunk·B, H] of an RNN, else [chunk·B, 4H]. Activations are quantized in `planes` of 7 bits, gates are float32. work:
 * `quantWork(max(I, H), planes)` bytes.
 */
export function quant_recurrent(
  kind: i32, T: i32, B: i32, I: i32, H: i32, planes: i32, sizes: usize,
  x: usize, wIh: usize, wHh: usize, bias: usize,
  h: usize, c: usize, y: usize, gates: usize, chunk: i32, work: usize,
): void {
  const row = (<usize>H) << 2;
  const gate = kind < GRU ? row : row << 2;
  const n = kind < GRU ? H : kind == GRU ? H * 3 : H << 2;
  // where h is multiplied to
  const hidden = kind == GRU ? row : 0;
  const rowI = (<usize>I) << 2;
  let h0 = h;
  for (let t = 0; t < T; t += chunk) {
    const end = min(t + chunk, T);
    const rows = countRows(t, end - t, B, sizes);
    quantLinear(rows, n, I, planes, x, rowI, wIh, bias, 0, gates, gate, work);
    if (kind == GRU) copyEach(rows, gates + row * 3, gate, bias + row * 3, row);
    x += <usize>rows * rowI;
    let a = gates;
    for (let i = t; i < end; i++) {
      const m = rowsAt(i, B, sizes);
      const state = <usize>m * row;
      quantLinear(m, n, H, planes, h0, row, wHh, a + hidden, gate, a + hidden, gate, work);
      if (kind >= GRU) {
        gates4(kind == LSTM, m, H, a, kind == LSTM ? c : h0, y);
      } else {
        rnn_cell_forward(m * H, kind, a);
        memory.copy(y, a, state);
      }
      const ending = <usize>nextRows(i, T, B, sizes) * row;
      if (ending < state) memory.copy(h + ending, y + ending, state - ending);
      a += <usize>m * gate;
      h0 = y;
      y += state;
    }
  }
}

/** A step of m rows of an LSTM, old: c, or of a GRU, old: h. */
// @ts-ignore: decorator
@inline
function gates4(isLstm: bool, m: i32, H: i32, a: usize, old: usize, y: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    const row = (<usize>H) << 2;
    for (; m > 0; m--, a += row << 2, old += row, y += row) {
      if (isLstm) lstmGates(min(m, 1), H, a, old, y);
      else gruGates(min(m, 1), H, a, old, y);
    }
  } else if (isLstm) lstm_cell_forward(m, H, a, old, old, y);
  else gru_cell_forward(m, H, a, old, y);
}

/** The same `bytes` to each of m rows, ld bytes apart. */
function copyEach(m: i32, to: usize, ld: usize, from: usize, bytes: usize): void {
  for (; m > 0; m--, to += ld) memory.copy(to, from, bytes);
}
