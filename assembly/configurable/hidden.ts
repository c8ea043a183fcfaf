import { packedBytes, packN, packT } from '../gemm/pack';
import { multiply } from '../gemm/multiply';
import { sgemm_tn_reversed } from '../gemm/sgemm';
import { Recurrence } from './recurrence';

// Products with W_hh of `count` gates from `first` on. With heads it is block-diagonal: unit u of a gate sees the units
// of its own head only, one product per gate and head; else all gates are one product.

/** Packs W_hhᵀ for `hiddenForward`; returns where the panels end. */
export function packHidden(d: Recurrence, first: i32, count: i32, to: usize): usize {
  const k = d.W / d.heads;
  const blocks = d.heads == 1 ? 1 : count * d.heads;
  const n = d.heads == 1 ? count * d.H : d.H / d.heads;
  const row = (<usize>k) << 2;
  let w = d.wHh + <usize>(first * d.H) * row;
  for (let i = 0; i < blocks; i++) {
    packT(k, n, w, row, to, row << 3);
    w += <usize>n * row;
    to += packedBytes(k, n);
  }
  return to;
}

/**
 * out[m, count·H] = init + h[m, W] · W_hhᵀ. ldh, ldi, ldout: bytes from row to row; ldi 0 for one row, init 0 for zeros.
 */
export function hiddenForward(
  d: Recurrence, m: i32, count: i32, panels: usize,
  h: usize, ldh: usize, init: usize, ldi: usize, out: usize, ldout: usize,
): void {
  const k = d.W / d.heads;
  const blocks = d.heads == 1 ? 1 : count * d.heads;
  const n = d.heads == 1 ? count * d.H : d.H / d.heads;
  const psB = (<usize>k) << 5;
  for (let i = 0; i < blocks; i++) {
    const from = h + (<usize>(i % d.heads * k) << 2);
    const at = <usize>(i * n) << 2;
    multiply(m, n, k, from, ldh, 4, panels, 32, psB, init ? init + at : 0, ldi, out + at, ldout, d.tile);
    panels += packedBytes(k, n);
  }
}

/** Packs W_hh for `hiddenBackward`; returns where the panels end. */
export function packHiddenBack(d: Recurrence, first: i32, count: i32, to: usize): usize {
  const n = d.W / d.heads;
  const blocks = d.heads == 1 ? 1 : count * d.heads;
  const k = d.heads == 1 ? count * d.H : d.H / d.heads;
  const row = (<usize>n) << 2;
  let w = d.wHh + <usize>(first * d.H) * row;
  for (let i = 0; i < blocks; i++) {
    packN(k, n, w, row, to, (<usize>k) << 5);
    w += <usize>k * row;
    to += packedBytes(k, n);
  }
  return to;
}

/** dh[m, W] = da[m, count·H] · W_hh, ldda bytes from row to row; with `add` to what it holds. */
export function hiddenBackward(
  d: Recurrence, m: i32, count: i32, panels: usize, da: usize, ldda: usize, add: bool, dh: usize,
): void {
  const n = d.W / d.heads;
  const blocks = d.heads == 1 ? 1 : count * d.heads;
  const k = d.heads == 1 ? count * d.H : d.H / d.heads;
  const ld = (<usize>d.W) << 2;
  for (let i = 0; i < blocks; i++) {
    const to = dh + (<usize>(i % d.heads * n) << 2);
    const on = add || i >= d.heads;
    multiply(
      m, n, k, da + (<usize>(i * k) << 2), ldda, 4, panels, 32, (<usize>k) << 5, on ? to : 0, ld, to, ld, d.tile,
    );
    panels += packedBytes(k, n);
  }
}

/** dw [G, W / heads], its rows from gate `first` on, += daᵀ·h from the last row to the first. ldda, ldh: floats from row to row. */
export function hiddenGradient(
  d: Recurrence, rows: i32, first: i32, count: i32, da: usize, ldda: i32, h: usize, ldh: i32, dw: usize,
): void {
  const k = d.W / d.heads;
  const blocks = d.heads == 1 ? 1 : count * d.heads;
  const n = d.heads == 1 ? count * d.H : d.H / d.heads;
  dw += (<usize>(first * d.H) * <usize>k) << 2;
  for (let i = 0; i < blocks; i++) {
    const from = h + (<usize>(i % d.heads * k) << 2);
    sgemm_tn_reversed(n, k, rows, da + (<usize>(i * n) << 2), ldda, from, ldh, dw, k, d.tile);
    dw += (<usize>n * <usize>k) << 2;
  }
}
