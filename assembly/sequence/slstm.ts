import { slstm_cell_backward, slstm_cell_forward } from '../cells/slstm';
import { hiddenBackward, hiddenForward, hiddenGradient, packHidden, packHiddenBack } from '../gemm/heads';
import { TILE_BYTES } from '../gemm/multiply';
import { packedBytes } from '../gemm/pack';
import { packWeight, project } from '../gemm/project';
import { addRows } from './bias';
import { inputGradients } from './input';
import { countRows, keepPrevious, nextRows, rowsAt } from './ragged';
import { afterStep, beforeStep } from './stepHook';

// Shapes: N rows of T steps by sizes (ragged.ts); x [N, I]; wIh [4H, I], wHh [4H, H / heads] (gemm/heads.ts), bIh [4H] (0
// for none), rows of gates i f z o; y [N, H]. exponential: f = e^a_f, else σ(a_f) (cells/slstm.ts).

/**
 * T steps, keeping nothing but the four states: h, c, n, m [B, H] are the initial ones and become the last ones.
 * gates: room for `chunk` steps [chunk·B, 4H]; the input is projected `chunk` steps at a time.
 * work: TILE_BYTES, then W_ih packed, then W_hh; with `packed` it still holds what a former call with the same weights
 * put there.
 */
export function slstm_forward(
  T: i32, B: i32, I: i32, H: i32, heads: i32, exponential: i32, sizes: usize,
  x: usize, wIh: usize, wHh: usize, bIh: usize,
  h: usize, c: usize, n: usize, m: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'slstm_forward: chunk is below 1');
  const row = (<usize>H) << 2;
  if (!packed) prepare(I, H, heads, wIh, wHh, work);
  let h0 = h;
  for (let t = 0; t < T; t += chunk) {
    const end = min(t + chunk, T);
    const rows = countRows(t, end - t, B, sizes);
    project(rows, H << 2, I, x, work + TILE_BYTES, bIh, gates, row << 2, work);
    x += (<usize>rows * <usize>I) << 2;
    let a = gates;
    for (let i = t; i < end; i++) {
      const count = rowsAt(i, B, sizes);
      const state = <usize>count * row;
      step(count, I, H, heads, exponential != 0, a, h0, c, n, m, c, n, m, y, work);
      const ending = <usize>nextRows(i, T, B, sizes) * row;
      if (ending < state) memory.copy(h + ending, y + ending, state - ending);
      a += state << 2;
      h0 = y;
      y += state;
    }
  }
}

/**
 * T steps, keeping what `slstm_backward` needs: h, c, n, m [B + N, H] with the initial states first, so that the output is
 * h from row B on; gates [N, 4H]. Otherwise as slstm_forward.
 */
export function slstm_forward_train(
  T: i32, B: i32, I: i32, H: i32, heads: i32, exponential: i32, sizes: usize,
  x: usize, wIh: usize, wHh: usize, bIh: usize,
  h: usize, c: usize, n: usize, m: usize, gates: usize, work: usize,
): void {
  const row = (<usize>H) << 2;
  prepare(I, H, heads, wIh, wHh, work);
  project(countRows(0, T, B, sizes), H << 2, I, x, work + TILE_BYTES, bIh, gates, row << 2, work);
  let before = <usize>B * row;
  for (let t = 0; t < T; t++) {
    const count = rowsAt(t, B, sizes);
    step(count, I, H, heads, exponential != 0, gates, h, c, n, m, c + before, n + before, m + before, h + before, work);
    h += before;
    c += before;
    n += before;
    m += before;
    before = <usize>count * row;
    gates += before << 2;
  }
}

/**
 * Backpropagation through the T steps of slstm_forward_train, whose gates it overwrites with dL/da, and with sizes h, too.
 * dy [N, H], 0 for none. dh, dc, dn [B, H]: gradients of the last states, become those of the initial ones; m has none.
 * dx [N, I], 0 to leave it out. dwIh, dwHh, dbIh are added to from the last row to the first (dbIh: 0 for none).
 * watch: stepHook.ts, or 0. work: TILE_BYTES and W_hh packed, then `gemmWork` of the products after the loop.
 */
export function slstm_backward(
  T: i32, B: i32, I: i32, H: i32, heads: i32, exponential: i32, sizes: usize,
  x: usize, wIh: usize, wHh: usize,
  h: usize, c: usize, n: usize, m: usize, gates: usize,
  dy: usize, dh: usize, dc: usize, dn: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, watch: usize, work: usize,
): void {
  const G = H << 2;
  const row = (<usize>H) << 2;
  const rows = countRows(0, T, B, sizes);
  const panels = work + TILE_BYTES;
  packHiddenBack(4, H, H, heads, wHh, panels);
  let at = <usize>rows * row;
  for (let t = T - 1; t >= 0; t--) {
    const count = rowsAt(t, B, sizes);
    at -= <usize>count * row;
    const now = at + <usize>B * row;
    const before = at + (<usize>B - <usize>(t ? rowsAt(t - 1, B, sizes) : B)) * row;
    const a = gates + (at << 2);
    let d = dy ? dy + at : 0;
    if (watch) {
      beforeStep(watch, t, count, H, dh, d, H, dc, dn);
      d = 0;
    }
    slstm_cell_backward(
      count, H, exponential != 0, a, c + before, n + before, m + before, n + now, m + now, h + now, dh, d, dc, dn,
    );
    hiddenBackward(count, 4, H, H, heads, panels, a, row << 2, false, dh, work);
    if (watch) afterStep(watch, t, count, H, dh, H, dc, dn);
  }
  keepPrevious(T, B, H, sizes, h);
  hiddenGradient(rows, 4, H, H, heads, gates, G, h, H, dwHh, work);
  if (dbIh) addRows(rows, G, gates, G, dbIh, 0);
  inputGradients(rows, G, I, gates, G, x, wIh, dwIh, dx, 0, work);
}

// work of the forward passes: [tile | W_ih packed | W_hh packed]

function prepare(I: i32, H: i32, heads: i32, wIh: usize, wHh: usize, work: usize): void {
  const panels = work + TILE_BYTES;
  packWeight(I, H << 2, wIh, panels);
  packHidden(4, H, H, heads, wHh, panels + packedBytes(I, H << 2));
}

/** gates += h0·W_hhᵀ; then the cell. */
function step(
  B: i32, I: i32, H: i32, heads: i32, exponential: bool, gates: usize,
  h0: usize, c0: usize, n0: usize, m0: usize, c: usize, n: usize, m: usize, h: usize, work: usize,
): void {
  const row = (<usize>H) << 2;
  const hidden = work + TILE_BYTES + packedBytes(I, H << 2);
  hiddenForward(B, 4, H, H, heads, hidden, h0, row, gates, row << 2, gates, row << 2, work);
  slstm_cell_forward(B, H, exponential, gates, c0, n0, m0, c, n, m, h);
}
