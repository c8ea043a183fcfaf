import { rnn_cell_backward } from '../cells/rnn';
import { packN } from '../gemm/pack';
import { multiply } from '../gemm/multiply';
import { sgemm_nn, sgemm_tn_reversed } from '../gemm/sgemm';
import { addRows } from '../sequence/bias';
import { countRows, keepPrevious, rowsAt, turnRow, turnRows } from '../sequence/ragged';
import { beforeStep, afterStep } from '../sequence/stepHook';
import { firstStep, firstTurnOfRows, followingTurn, lastStep } from '../team';
import { addByIndex } from '../vec/byIndex';
import { vec_add, vec_fill, vec_mul } from '../vec/elementwise';
import { layer_norm_backward } from '../vec/layer_norm';
import { dropRows, firstOfStep, zoneRows } from './draw';
import { gruBackward, gruResetBack } from './gru';
import { hiddenBackward, hiddenGradient, packHiddenBack } from './hidden';
import { GRU, GRU_RESET_BEFORE, LSTM, RNN } from './kinds';
import { lstmBackward } from './lstm';
import { noteNorms, scaleByRatio } from './omega';
import { bytesOf, gateCount, isGru, ownRows, Recurrence, slotCount } from './recurrence';

/**
 * Backpropagation through the T steps of a configurable_forward that trained. Overwrites what that kept. Returns Ω, the sum
 * over steps and rows, where it is asked for.
 */
export function configurable_backward(layer: usize): f64 {
  const d = changetype<Recurrence>(layer);
  const W = d.W;
  const N = countRows(0, d.T, d.B, d.sizes);
  let panelsN: usize = 0;
  if (isGru(d)) {
    panelsN = packHiddenBack(d, 0, 2, d.panelsHh);
    packHiddenBack(d, 2, 1, panelsN);
  } else {
    packHiddenBack(d, 0, gateCount(d), d.panelsHh);
  }
  if (d.wHr) packN(W, d.H, d.wHr, bytesOf(1, d.H), d.panelsHr, (<usize>W) << 5);
  let omega: f64 = 0;
  for (let on = firstTurnOfRows(d.T, d.B); on; on = followingTurn(d.T, d.B)) {
    omega += steps(d, d.T - lastStep(d.T), d.T - firstStep(), panelsN);
  }
  products(d, N);
  return omega;
}

/** Steps end − 1 to `first`. */
function steps(d: Recurrence, first: i32, end: i32, panelsN: usize): f64 {
  const B = d.B;
  const W = d.W;
  const dh = ownRows(d.dh, W);
  let omega: f64 = 0;
  let row = countRows(0, end, B, d.sizes) + turnRow();
  for (let t = end - 1; t >= first; t--) {
    const all = rowsAt(t, B, d.sizes);
    row -= all;
    const m = turnRows(all);
    if (m <= 0) continue;
    const before = row + B - (t ? rowsAt(t - 1, B, d.sizes) : B);
    const dc = d.cell == LSTM ? d.dc : 0;
    const dy = d.dy ? d.dy + bytesOf(row, W) : 0;
    if (d.watch) beforeStep(d.watch, t, m, W, dh, dy, d.H, dc, 0);
    else if (dy) vec_add(m * W, dh, dy, dh);
    omega += step(d, t, m, row, before, firstOfStep(d, t, row - turnRow()), dh, panelsN);
    if (d.watch) afterStep(d.watch, t, m, W, dh, d.H, dc, 0);
  }
  return omega;
}

/**
 * m rows of step t back. row: where they are kept; before: where h0 and c0 are; draw: as of the step forward; dh: the gradient of h, becomes
 * that of h0.
 */
function step(d: Recurrence, t: i32, m: i32, row: i32, before: i32, draw: u32, dh: usize, panelsN: usize): f64 {
  const H = d.H;
  const W = d.W;
  const old = ownRows(d.oldW, W);
  const rowsH = ownRows(d.rowsH, H);
  const gates = d.gates + bytesOf(row, slotCount(d) * H);
  const slopes = d.slopes + bytesOf(row, gateCount(d) * H);
  const h0 = d.h + bytesOf(before, W);
  const from = d.dropped ? d.dropped + bytesOf(row, W) : h0;
  if (d.zoneH) {
    vec_fill(m * W, 0, old);
    zoneRows(d, m, W, d.zoneHKey, draw, d.zoneH, true, dh, old);
  }
  if (d.omega > 0) noteNorms(m, H, dh, rowsH);
  if (d.cell == RNN) rnn_cell_backward(m * H, dh, 0, slopes);
  else if (d.cell == LSTM) lstm(d, m, row, draw, gates, slopes, d.c + bytesOf(before, H), dh);
  else gruBackward(d, m, d.cell == GRU_RESET_BEFORE, gates, slopes, d.maskH ? from : h0, dh);
  const to = d.dropH ? ownRows(d.rowsW, W) : dh;
  if (d.fromZero && t == 0) {
    if (d.cell == GRU_RESET_BEFORE) noResetBack(d, m, gates);
    return 0;
  }
  if (!isGru(d)) plainBack(d, m, row, d.cell == RNN ? slopes : gates, to);
  else if (d.cell == GRU) gruBack(d, m, row, gates, panelsN, to);
  else resetBack(d, m, gates, slopes, from, panelsN, to);
  if (d.dropH) {
    dropRows(d, m, to, to);
    if (isGru(d)) vec_add(m * W, dh, to, dh);
    else memory.copy(dh, to, bytesOf(m, W));
  } else if (d.maskH) {
    vec_mul(m * W, dh, ownRows(d.maskH, W), dh);
  }
  let omega: f64 = 0;
  if (d.omega > 0) omega = scaleByRatio(m, H, d.omega, dh, rowsH, d.dhAll + bytesOf(row, W));
  if (d.zoneH) vec_add(m * W, dh, old, dh);
  return omega;
}

function lstm(
  d: Recurrence, m: i32, row: i32, draw: u32, gates: usize, slopes: usize, c0: usize, dh: usize,
): void {
  const H = d.H;
  const n = m * H;
  let du = dh;
  if (d.wHr) {
    const W = d.W;
    memory.copy(d.dhAll + bytesOf(row, W), dh, bytesOf(m, W));
    du = ownRows(d.rowsH, H);
    multiply(m, H, W, dh, bytesOf(1, W), 4, d.panelsHr, 32, (<usize>W) << 5, 0, 0, du, bytesOf(1, H), d.tile);
  }
  const dc = ownRows(d.dc, H);
  const old = ownRows(d.oldH, H);
  if (d.zoneC) {
    vec_fill(n, 0, old);
    zoneRows(d, m, H, d.zoneCKey, draw, d.zoneC, true, dc, old);
  }
  const c = d.zoneC ? d.cNew + bytesOf(row, H) : d.c + bytesOf(row + d.B, H);
  lstmBackward(d, m, row, gates, slopes, c0, c, du, dc, ownRows(d.rowsG, H));
  if (d.zoneC) vec_add(n, dc, old, dc);
}

/** RNN, LSTM: to = da · W_hh, or through the layer norm. */
function plainBack(d: Recurrence, m: i32, row: i32, da: usize, to: usize): void {
  const G = gateCount(d) * d.H;
  if (d.lnHhWeight) da = hiddenNormBack(d, m, row, da, G);
  hiddenBackward(d, m, gateCount(d), d.panelsHh, da, bytesOf(1, G), false, to);
}

/** GRU: to = [da_r da_z dq] · W_hh, added to dh ⊙ z unless it passes through dropout. */
function gruBack(d: Recurrence, m: i32, row: i32, gates: usize, panelsN: usize, to: usize): void {
  const H = d.H;
  let da = gates;
  let ld = bytesOf(4, H);
  let q = gates + bytesOf(3, H);
  if (d.lnHhWeight) {
    ld = bytesOf(3, H);
    for (let i = 0; i < m; i++) {
      const a = gates + <usize>i * bytesOf(4, H);
      const b = d.rowsG + <usize>i * ld;
      memory.copy(b, a, bytesOf(2, H));
      memory.copy(b + bytesOf(2, H), a + bytesOf(3, H), bytesOf(1, H));
    }
    da = hiddenNormBack(d, m, row, d.rowsG, H * 3);
    q = da + bytesOf(2, H);
  }
  hiddenBackward(d, m, 2, d.panelsHh, da, ld, !d.dropH, to);
  hiddenBackward(d, m, 1, panelsN, q, ld, true, to);
}

/** GRU with the reset gate before the product. from: h0, or what dropout left of it. */
function resetBack(
  d: Recurrence, m: i32, gates: usize, slopes: usize, from: usize, panelsN: usize, to: usize,
): void {
  const H = d.H;
  const ld = bytesOf(4, H);
  const ds = ownRows(d.rowsH, H);
  hiddenBackward(d, m, 1, panelsN, gates + bytesOf(2, H), ld, false, ds);
  gruResetBack(H, m, gates, slopes, from, ds);
  hiddenBackward(d, m, 2, d.panelsHh, gates, ld, !d.dropH, to);
  vec_add(m * H, to, ds, to);
}

/** The same where h0 is 0: da_r = 0. */
function noResetBack(d: Recurrence, m: i32, gates: usize): void {
  for (let i = 0; i < m; i++) vec_fill(d.H, 0, gates + bytesOf(i * 4, d.H));
}

/** Through LN(h0·W_hhᵀ): da [m, G] to the gradient of the product, which replaces what was kept. */
function hiddenNormBack(d: Recurrence, m: i32, row: i32, da: usize, ld: i32): usize {
  const G = gateCount(d) * d.H;
  const hat = d.hatHh + bytesOf(row, G);
  const rstd = d.rstdHh + bytesOf(row, 1);
  layer_norm_backward(m, G, da, ld, d.lnHhWeight, hat, rstd, hat, G, d.dlnHhWeight, d.dlnHhBias);
  return hat;
}

/** The parameters' gradients and the input's, from those of all gates. */
function products(d: Recurrence, N: i32): void {
  const H = d.H;
  const W = d.W;
  const G = gateCount(d) * H;
  const ld = slotCount(d) * H;
  const da = d.cell == RNN ? d.slopes : d.gates;
  const q = d.gates + bytesOf(3, H);
  if (d.dbIh) {
    const own = d.cell == GRU ? H * 2 : G;
    addRows(N, own, da, ld, d.dbIh, d.dbHh);
    if (d.cell == GRU) {
      addRows(N, H, d.gates + bytesOf(2, H), ld, d.dbIh + bytesOf(2, H), 0);
      addRows(N, H, q, ld, d.dbHh + bytesOf(2, H), 0);
    }
  }
  keepPrevious(d.T, d.B, W, d.sizes, d.h);
  // rows whose h0 is 0 add nothing to dwHh
  const skip = d.fromZero ? rowsAt(0, d.B, d.sizes) : 0;
  const n = N - skip;
  const h = (d.dropped || d.h) + bytesOf(skip, W);
  const own = da + bytesOf(skip, ld);
  if (d.lnHhWeight) {
    hiddenGradient(d, n, 0, gateCount(d), d.hatHh, G, h, W, d.dwHh);
  } else if (!isGru(d)) {
    hiddenGradient(d, n, 0, gateCount(d), own, ld, h, W, d.dwHh);
  } else {
    hiddenGradient(d, n, 0, 2, own, ld, h, W, d.dwHh);
    if (d.cell == GRU) hiddenGradient(d, n, 2, 1, own + bytesOf(3, H), ld, h, W, d.dwHh);
    else hiddenGradient(d, n, 2, 1, own + bytesOf(2, H), ld, own + bytesOf(3, H), ld, d.dwHh);
  }
  if (d.omega > 0) hiddenGradient(d, N, 0, 1, da, H, d.dhAll, W, d.dwOmega);
  if (d.wHr) sgemm_tn_reversed(W, H, N, d.dhAll, W, d.out, H, d.dwHr, H, d.tile);
  let dx = da;
  let ldx = ld;
  if (d.lnIhWeight) {
    layer_norm_backward(N, G, da, ld, d.lnIhWeight, d.hatIh, d.rstdIh, d.hatIh, G, d.dlnIhWeight, d.dlnIhBias);
    dx = d.hatIh;
    ldx = G;
  }
  if (d.index) addByIndex(N, G, dx, bytesOf(1, ldx), d.index, d.dwIh);
  else sgemm_tn_reversed(G, d.I, N, dx, ldx, d.x, d.I, d.dwIh, d.I, d.tile);
  if (d.dx) sgemm_nn(N, d.I, G, dx, ldx, d.wIh, d.I, 0, d.dx, d.I, d.tile);
}
