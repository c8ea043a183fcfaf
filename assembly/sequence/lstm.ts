import { lstm_cell_backward, lstm_cell_forward } from '../cells/lstm';
import { packN, packedBytes } from '../gemm/pack';
import { packWeight, project } from '../gemm/project';
import { multiply, TILE_BYTES } from '../gemm/rows';
import { sgemm_tn } from '../gemm/sgemm';
import { vec_add } from '../vec/elementwise';
import { gatherTo } from '../vec/rows';
import { addRows } from './bias';
import { inputGradients, sumByIndex, tableBytes } from './input';

// Shapes: x [T, B, I], or with index [T, B] a table x [V, I] (input.ts); wIh [4H, I], wHh [4H, H], bIh,
// bHh [4H] (0 for none), rows of gates i f g o; y, h, c [., B, H].

/**
 * T steps, keeping nothing but the two states: h and c [B, H] are the initial ones and become the last ones.
 * y [T, B, H]. gates: room for `chunk` steps [chunk, B, 4H]; the input is projected so many steps at a time.
 * work: `lstmWork(I, H, V)` bytes; with `packed` it still holds what a former call with the same weights put there.
 */
export function lstm_forward(
  T: i32, B: i32, I: i32, H: i32, V: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, c: usize, y: usize, gates: usize, chunk: i32, packed: i32, work: usize,
): void {
  assert(chunk >= 1, 'lstm_forward: chunk is below 1');
  const state = (<usize>B * <usize>H) << 2;
  if (!packed) prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  let h0 = h;
  for (let t = 0; t < T; t += chunk) {
    const steps = min(chunk, T - t);
    takeInput(t * B, steps * B, I, H, V, x, index, gates, bIh, work);
    for (let i = 0; i < steps; i++) {
      step(B, I, H, V, gates + (<usize>i * state << 2), h0, c, c, y, work);
      h0 = y;
      y += state;
    }
  }
  memory.copy(h, h0, state);
}

/**
 * T steps, keeping what `lstm_backward` needs: h and c [T + 1, B, H] with the initial states first, so that the
 * output is h from its second step on; gates [T, B, 4H] after their activations. Otherwise as lstm_forward.
 */
export function lstm_forward_train(
  T: i32, B: i32, I: i32, H: i32, V: i32,
  x: usize, index: usize, wIh: usize, wHh: usize, bIh: usize, bHh: usize,
  h: usize, c: usize, gates: usize, work: usize,
): void {
  const state = (<usize>B * <usize>H) << 2;
  prepare(I, H, V, x, wIh, wHh, bIh, bHh, work);
  takeInput(0, T * B, I, H, V, x, index, gates, bIh, work);
  for (let t = 0; t < T; t++, gates += state << 2, h += state, c += state) {
    step(B, I, H, V, gates, h, c, c + state, h + state, work);
  }
}

/**
 * Backpropagation through the T steps of lstm_forward_train, whose gates it overwrites with dL/da.
 * dy [T, B, H], 0 for none. dh, dc [B, H]: gradients of the last states, become those of the initial ones.
 * dx, as x, 0 to leave it out; a table's is added to. dwIh, dwHh, dbIh, dbHh are added to (the biases: 0 for none).
 * work: `backwardWork(4, T, B, I, H, V)` bytes.
 */
export function lstm_backward(
  T: i32, B: i32, I: i32, H: i32, V: i32,
  x: usize, index: usize, wIh: usize, wHh: usize,
  h: usize, c: usize, gates: usize,
  dy: usize, dh: usize, dc: usize, dx: usize,
  dwIh: usize, dwHh: usize, dbIh: usize, dbHh: usize, work: usize,
): void {
  const G = H << 2;
  const state = (<usize>B * <usize>H) << 2;
  const rowG = (<usize>G) << 2;
  const dP = work;
  work += tableBytes(V, G);
  const panels = work + TILE_BYTES;
  packN(G, H, wHh, (<usize>H) << 2, panels, (<usize>G) << 5);
  for (let t = T - 1; t >= 0; t--) {
    const at = <usize>t * state;
    const a = gates + (at << 2);
    lstm_cell_backward(B, H, a, c + at, c + at + state, dh, dy ? dy + at : 0, dc);
    multiply(B, H, G, a, rowG, 4, panels, 32, rowG << 3, 0, 0, dh, (<usize>H) << 2, work);
  }
  const rows = T * B;
  sgemm_tn(G, H, rows, gates, G, h, H, 1, dwHh, H, work);
  if (dbIh) addRows(rows, G, gates, G, dbIh, dbHh, work);
  if (V) sumByIndex(rows, G, gates, rowG, index, V, dP);
  inputGradients(V ? V : rows, G, I, V ? dP : gates, G, x, wIh, dwIh, dx, V ? 1 : 0, work);
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

/** gates[rows, 4H] of the input's rows from `first` on. */
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
