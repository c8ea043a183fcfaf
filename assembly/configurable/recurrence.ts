import { turnAt } from '../sequence/ragged';
import { GRU, LSTM, RNN } from './kinds';

/**
 * A recurrent layer with options, one direction: what the kernels of this room read, written by
 * src/layers/recurrent/descriptor.ts in this order, 4 bytes per field. N = Σ sizes rows (sequence/ragged.ts), G = 1, 4, 3
 * gates · H for RNN, LSTM, GRU; S = 1, 4, 4 (GRU: r z n and q, the hidden side of n, or with the reset gate before the
 * product r ⊙ h0). W = P with a projection, else H. Pointers are 0 for none.
 */
@unmanaged
export class Recurrence {
  /** kinds.ts. */
  cell: i32;
  T: i32;
  B: i32;
  I: i32;
  H: i32;
  W: i32;
  /** W_hh is block-diagonal with this many blocks, stored as [G, W / heads]. */
  heads: i32;
  sizes: usize;
  x: usize;
  /**
   * i32 [N]: the place of the only 1 in each row of x, whose other values are 0; 0 for none. Then x is not read, the panels of W_ih
   * are a table [I, G], and so is dwIh. Not with layer norm; NaN and Infinity reach only what an index names.
   */
  index: usize;

  // parameters
  wIh: usize; // [G, I]
  wHh: usize; // [G, W / heads]
  bIh: usize; // [G]
  bHh: usize; // [G]
  wHr: usize; // [P, H]
  wCi: usize; // [H], with wCf and wCo
  wCf: usize;
  wCo: usize;
  lnIhWeight: usize; // [G]
  lnIhBias: usize;
  lnHhWeight: usize; // [G]
  lnHhBias: usize;
  lnCWeight: usize; // [H]
  lnCBias: usize;

  // their gradients, added to
  dwIh: usize;
  dwHh: usize;
  dbIh: usize;
  dbHh: usize;
  dwHr: usize;
  dwCi: usize;
  dwCf: usize;
  dwCo: usize;
  dlnIhWeight: usize;
  dlnIhBias: usize;
  dlnHhWeight: usize;
  dlnHhBias: usize;
  dlnCWeight: usize;
  dlnCBias: usize;
  dwOmega: usize; // [G, W / heads], that of Ω by wHh

  // activations (math/activation.ts) of gates 0 to 3 and of the cell on its way out
  kind0: i32;
  alpha0: f32;
  beta0: f32;
  kind1: i32;
  alpha1: f32;
  beta1: f32;
  kind2: i32;
  alpha2: f32;
  beta2: f32;
  kind3: i32;
  alpha3: f32;
  beta3: f32;
  kind4: i32;
  alpha4: f32;
  beta4: f32;
  /** Pre-activations are clamped to ±clip; Infinity for none. */
  clip: f32;
  /** f = 1 − i. */
  coupled: i32;

  // the previous state stays with probability threshold / 2^32 (zoneout): as numbers where nothing is drawn
  zoneH: u32;
  zoneHKey: u32;
  zoneHMean: f32;
  zoneC: u32;
  zoneCKey: u32;
  zoneCMean: f32;
  /** Of the first row, for what is drawn row by row. */
  firstRow: u32;
  /**
   * i32 [T]: numbers of the first rows of all steps, instead of those that follow from firstRow; then i32 [B]: the number of
   * each row is that of the step plus its own. 0 for none.
   */
  rowNumbers: usize;
  /** Recurrent dropout: threshold, 0 for none; one mask for all steps. */
  dropH: u32;
  dropHKey: u32;
  dropHScale: f32;
  /** [B, W]: h0 ⊙ this takes the place of h0, also in z ⊙ h0 of a GRU, at every step; instead of recurrent dropout. */
  maskH: usize;
  /**
   * The initial states are zeros and nobody asks for their gradients: step 0 has no products with W_hh. Without layer norm;
   * weights that are not finite do not reach that step.
   */
  fromZero: i32;
  /** Weight of the regularizer Ω in the gradient; 0 for none. RNN only. */
  omega: f32;

  // kept by a forward pass for the backward pass (training), or of `chunk` steps (gates) and of one step (all others)
  training: i32;
  chunk: i32; // T when training
  packed: i32;
  h: usize; // [B + N, W]; else [B, W], the initial states, which become the last ones
  c: usize; // [B + N, H]; else [B, H]
  y: usize; // [N, W], unless training
  gates: usize; // [N, S·H]
  slopes: usize; // [N, G], when training
  cNew: usize; // [N, H], c before zoneout; when there is any
  seen: usize; // [N, H], φ(c) or φ(LN(c)) of an LSTM
  seenSlope: usize; // [N, H], when training
  out: usize; // [N, H], o ⊙ seen, with a projection
  dropped: usize; // [N, W], h0 after recurrent dropout or maskH
  hatIh: usize; // [N, G] and [N], with layer norm
  rstdIh: usize;
  hatHh: usize;
  rstdHh: usize;
  hatC: usize; // [N, H] and [N]
  rstdC: usize;

  // of the backward pass
  dy: usize; // [N, W]
  dh: usize; // [B, W]: gradients of the last states, become those of the initial ones
  dc: usize; // [B, H]
  dx: usize; // [N, I]
  dhAll: usize; // [N, W]: what reached h at each step, with a projection; dh · W_hh of each step, with Ω
  watch: usize;

  // scratch memory
  tile: usize; // TILE_BYTES, then what the products of the backward pass need
  bias: usize; // [G]: what the input's product starts from; then [H], the hidden side of a GRU's n
  panelsIh: usize; // weights packed for the pass at hand
  panelsHh: usize;
  panelsHr: usize;
  rowsG: usize; // [B, G], of one step, likewise the others
  rowsW: usize;
  oldW: usize;
  rowsH: usize;
  oldH: usize;
}

/** Gates a row of W_ih has. */
// @ts-ignore: decorator
@inline
export function gateCount(d: Recurrence): i32 {
  return d.cell == RNN ? 1 : d.cell == LSTM ? 4 : 3;
}

/** Vectors of H a row of `gates` has. */
// @ts-ignore: decorator
@inline
export function slotCount(d: Recurrence): i32 {
  return d.cell == RNN ? 1 : 4;
}

/** Whether n of a GRU meets h apart from r and z, so that W_hh is two products; of the other cells it is one. */
// @ts-ignore: decorator
@inline
export function isGru(d: Recurrence): bool {
  return d.cell >= GRU;
}

/** Rows of n floats at `rows`, a number per row of a step, from this thread's turn's first one on. */
// @ts-ignore: decorator
@inline
export function ownRows(rows: usize, n: i32): usize {
  return rows + turnAt(bytesOf(1, n));
}

/** Bytes of rows of n floats. */
// @ts-ignore: decorator
@inline
export function bytesOf(rows: i32, n: i32): usize {
  return (<usize>rows * <usize>n) << 2;
}
