import { packT } from '../gemm/pack';
import { packWeight, project } from '../gemm/project';
import { multiply } from '../gemm/multiply';
import { activate } from '../math/activation';
import { countRows, keepLast, rowsAt, turnAt, turnRow, turnRows } from '../sequence/ragged';
import { firstStep, firstTurnOfRows, followingTurn, isFirst, lastStep } from '../team';
import { zoneout_mean } from '../vec/dropout';
import { gatherTo } from '../vec/byIndex';
import { vec_add, vec_fill, vec_mul } from '../vec/elementwise';
import { LAYER_NORM_EPS, layer_norm } from '../vec/layer_norm';
import { transpose } from '../vec/transpose';
import { dropRows, firstOfStep, zoneRows } from './draw';
import { gruGates, gruState } from './gru';
import { hiddenForward, packHidden } from './hidden';
import { GRU, GRU_RESET_BEFORE, LSTM, RNN } from './kinds';
import { lstmForward } from './lstm';
import { bytesOf, gateCount, isGru, ownRows, Recurrence, slotCount } from './recurrence';

/**
 * T steps of the layer that `layer` points to. Training, it keeps what `configurable_backward` needs; else nothing but the
 * states, and gates of `chunk` steps at a time.
 */
export function configurable_forward(layer: usize): void {
  const d = changetype<Recurrence>(layer);
  if (!d.packed) prepare(d);
  let first = 0;
  for (let t = 0; t < d.T; t += d.chunk) {
    const n = min(d.chunk, d.T - t);
    const rows = countRows(t, n, d.B, d.sizes);
    if (!d.index) takeInput(d, first, rows);
    for (let on = firstTurnOfRows(n, d.B); on; on = followingTurn(n, d.B)) {
      const from = firstStep();
      const done = countRows(t, from, d.B, d.sizes);
      const gates = d.gates + bytesOf(done * slotCount(d), d.H);
      steps(d, t + from, t + lastStep(n), first + done, gates);
    }
    first += rows;
  }
}

/** Steps t to end − 1, before which there are `first` rows; gates: those of step t. */
function steps(d: Recurrence, t: i32, end: i32, first: i32, gates: usize): void {
  const B = d.B;
  const sizes = d.sizes;
  const row = bytesOf(1, d.W);
  const ld = bytesOf(slotCount(d), d.H);
  const before = t ? rowsAt(t - 1, B, sizes) : B;
  const hN = ownRows(d.h, d.W);
  let h = ownRows(d.training ? d.h + bytesOf(B, d.W) : d.y, d.W) + <usize>first * row;
  let h0 = t ? h - <usize>before * row : hN;
  let c = ownRows(d.c, d.H);
  let c0 = c;
  if (d.training) {
    c += bytesOf(first + B, d.H);
    c0 = c - bytesOf(before, d.H);
  }
  gates += turnAt(ld);
  for (; t < end; t++) {
    const all = rowsAt(t, B, sizes);
    const m = turnRows(all);
    const own = first + turnRow();
    if (m > 0) {
      if (d.index) gatherTo(m, gateCount(d) * d.H, d.panelsIh, d.index + bytesOf(own, 1), gates, ld);
      step(d, t, m, d.training ? own : turnRow(), firstOfStep(d, t, first), gates, h0, c0, h, c);
      if (!d.training) keepLast(m, t, d.T, B, sizes, row, h, hN);
    }
    h0 = h;
    h += <usize>all * row;
    c0 = c;
    if (d.training) c += bytesOf(all, d.H);
    first += all;
    gates += <usize>all * ld;
  }
}

/** Packs the weights. */
function prepare(d: Recurrence): void {
  if (isFirst()) prepareBias(d);
  if (!d.index) packWeight(d.I, gateCount(d) * d.H, d.wIh, d.panelsIh);
  if (isGru(d)) packHidden(d, 2, 1, packHidden(d, 0, 2, d.panelsHh));
  else packHidden(d, 0, gateCount(d), d.panelsHh);
  if (d.wHr) packT(d.H, d.W, d.wHr, bytesOf(1, d.H), d.panelsHr, (<usize>d.H) << 5);
}

/** Sums the biases of each side; with an index, adds them to what each place gives. */
function prepareBias(d: Recurrence): void {
  const G = gateCount(d) * d.H;
  vec_fill(G + d.H, 0, d.bias);
  if (d.bIh) vec_add(G, d.bias, d.bIh, d.bias);
  if (d.lnIhBias) vec_add(G, d.bias, d.lnIhBias, d.bias);
  // q of a GRU starts from the hidden side's biases of n
  const own = d.cell == GRU ? G - d.H : G;
  const q = bytesOf(1, own);
  const qBias = d.bias + bytesOf(1, G);
  if (d.bHh) vec_add(own, d.bias, d.bHh, d.bias);
  if (d.lnHhBias) vec_add(own, d.bias, d.lnHhBias, d.bias);
  if (d.cell == GRU && d.bHh) vec_add(d.H, qBias, d.bHh + q, qBias);
  if (d.cell == GRU && d.lnHhBias) vec_add(d.H, qBias, d.lnHhBias + q, qBias);
  if (d.index) {
    // [I, G]: bias + what each 1 of the input gives
    transpose(G, d.I, d.wIh, d.I, d.panelsIh, G);
    let at = d.panelsIh;
    for (let i = 0; i < d.I; i++, at += bytesOf(1, G)) vec_add(G, at, d.bias, at);
  }
}

/** gates[rows, G of S·H] = bias + x·W_ihᵀ, or bias + LN(x·W_ihᵀ). */
function takeInput(d: Recurrence, first: i32, rows: i32): void {
  const G = gateCount(d) * d.H;
  const ld = slotCount(d) * d.H;
  const x = d.x + bytesOf(first, d.I);
  const normed = d.lnIhWeight != 0;
  project(rows, G, d.I, x, d.panelsIh, normed ? 0 : d.bias, d.gates, bytesOf(1, ld), d.tile);
  if (!normed) return;
  const hat = d.training ? d.hatIh + bytesOf(first, G) : 0;
  layer_norm(rows, G, d.gates, ld, d.lnIhWeight, d.bias, d.gates, ld, 0, hat, d.rstdIh + bytesOf(first, 1), LAYER_NORM_EPS);
}

/** m rows of step t. row: where they are kept; draw: the number of the step's first one among all rows of the sequence. */
function step(
  d: Recurrence, t: i32, m: i32, row: i32, draw: u32, gates: usize, h0: usize, c0: usize, h: usize, c: usize,
): void {
  const H = d.H;
  const W = d.W;
  let from = h0;
  if (d.dropH) {
    from = d.dropped + bytesOf(row, W);
    dropRows(d, m, h0, from);
  } else if (d.maskH) {
    from = d.dropped + bytesOf(row, W);
    vec_mul(m * W, h0, ownRows(d.maskH, W), from);
  }
  const slopes = d.slopes ? d.slopes + bytesOf(row, gateCount(d) * H) : 0;
  const isZero = d.fromZero != 0 && t == 0;
  if (!isZero) takeHidden(d, m, row, gates, from);
  else if (d.cell == GRU) startHidden(d, m, gates);
  if (d.cell == RNN) activate(d.kind0, d.alpha0, d.beta0, d.clip, m * H, gates, h, slopes);
  else if (d.cell == LSTM) lstm(d, m, row, draw, gates, slopes, c0, h, c);
  else gru(d, m, isZero, gates, slopes, from, d.maskH ? from : h0, h);
  if (d.zoneH) zoneRows(d, m, W, d.zoneHKey, draw, d.zoneH, false, h0, h);
  else if (d.zoneHMean > 0) zoneout_mean(m * W, d.zoneHMean, h0, h);
}

/** gates += h0·W_hhᵀ or LN(h0·W_hhᵀ); of a GRU that of r and z, and q = h0·W_hnᵀ + b_hn or LN. */
function takeHidden(d: Recurrence, m: i32, row: i32, gates: usize, h0: usize): void {
  const H = d.H;
  const gc = gateCount(d);
  const ld = bytesOf(slotCount(d), H);
  const ldh = bytesOf(1, d.W);
  const G = gc * H;
  const rowG = bytesOf(1, G);
  const q = bytesOf(3, H);
  const qBias = d.bias + rowG;
  const first = isGru(d) ? 2 : gc;
  const normed = d.lnHhWeight != 0;
  const to = normed ? d.rowsG : gates;
  const ldTo = normed ? rowG : ld;
  hiddenForward(d, m, first, d.panelsHh, h0, ldh, normed ? 0 : gates, ld, to, ldTo);
  if (d.cell == GRU) {
    const out = normed ? to + bytesOf(2, H) : gates + q;
    hiddenForward(d, m, 1, panelsOfN(d), h0, ldh, normed ? 0 : qBias, 0, out, ldTo);
  }
  if (!normed) return;
  const hat = d.training ? d.hatHh + bytesOf(row, G) : 0;
  const rstd = d.rstdHh + bytesOf(row, 1);
  const own = isGru(d);
  layer_norm(m, G, to, G, d.lnHhWeight, 0, own ? to : gates, own ? G : slotCount(d) * H, own ? 0 : 1, hat, rstd, LAYER_NORM_EPS);
  if (!own) return;
  for (let i = 0; i < m; i++) {
    const a = gates + <usize>i * ld;
    const b = to + <usize>i * rowG;
    vec_add(H * 2, a, b, a);
    vec_add(H, b + bytesOf(2, H), qBias, a + q);
  }
}

/** q of a GRU where h0 is 0: its bias. */
function startHidden(d: Recurrence, m: i32, gates: usize): void {
  const H = d.H;
  for (let i = 0; i < m; i++) memory.copy(gates + bytesOf(i * 4 + 3, H), d.bias + bytesOf(3, H), bytesOf(1, H));
}

/** Where W_hn of a GRU is packed. */
function panelsOfN(d: Recurrence): usize {
  const k = d.W / d.heads;
  const n = d.heads == 1 ? 2 * d.H : d.H / d.heads;
  const blocks = d.heads == 1 ? 1 : 2 * d.heads;
  return d.panelsHh + <usize>blocks * (<usize>k * (((<usize>n + 7) >> 3) << 5));
}

function lstm(
  d: Recurrence, m: i32, row: i32, draw: u32, gates: usize, slopes: usize, c0: usize, h: usize, c: usize,
): void {
  const H = d.H;
  const n = m * H;
  const u = d.wHr ? d.out + bytesOf(row, H) : h;
  const fresh = d.zoneC ? d.cNew + bytesOf(row, H) : c;
  const mean = !d.zoneC && d.zoneCMean > 0;
  const old = ownRows(d.oldH, H);
  if (mean) memory.copy(old, c0, bytesOf(m, H));
  lstmForward(d, m, row, gates, slopes, c0, fresh, u);
  if (d.zoneC) {
    memory.copy(c, fresh, bytesOf(m, H));
    zoneRows(d, m, H, d.zoneCKey, draw, d.zoneC, false, c0, c);
  } else if (mean) zoneout_mean(n, d.zoneCMean, old, c);
  if (d.wHr) {
    multiply(m, d.W, H, u, bytesOf(1, H), 4, d.panelsHr, 32, (<usize>H) << 5, 0, 0, h, bytesOf(1, d.W), d.tile);
  }
}

function gru(
  d: Recurrence, m: i32, isZero: bool, gates: usize, slopes: usize, from: usize, h0: usize, h: usize,
): void {
  const before = d.cell == GRU_RESET_BEFORE;
  const ld = bytesOf(4, d.H);
  gruGates(d, m, before, gates, slopes, from);
  if (before && !isZero) {
    const n = gates + bytesOf(2, d.H);
    hiddenForward(d, m, 1, panelsOfN(d), gates + bytesOf(3, d.H), ld, n, ld, n, ld);
  }
  gruState(d, m, before, gates, slopes, h0, h);
}
