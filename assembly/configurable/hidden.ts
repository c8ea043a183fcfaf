import {
  hiddenBackward as backward,
  hiddenForward as forward,
  hiddenGradient as gradient,
  packHidden as pack,
  packHiddenBack as packBack,
} from '../gemm/heads';
import { Recurrence } from './recurrence';

// Products with W_hh of `count` gates from `first` on, as a descriptor has them (gemm/heads.ts).

/** W_hh's rows of gate `first`, in W_hh or its gradient. */
function rowsFrom(d: Recurrence, first: i32, w: usize): usize {
  return w + ((<usize>(first * d.H) * <usize>(d.W / d.heads)) << 2);
}

/** Packs W_hhᵀ for `hiddenForward`; returns where the panels end. */
export function packHidden(d: Recurrence, first: i32, count: i32, to: usize): usize {
  return pack(count, d.H, d.W, d.heads, rowsFrom(d, first, d.wHh), to);
}

/** out[m, count·H] = init + h[m, W] · W_hhᵀ. */
export function hiddenForward(
  d: Recurrence, m: i32, count: i32, panels: usize,
  h: usize, ldh: usize, init: usize, ldi: usize, out: usize, ldout: usize,
): void {
  forward(m, count, d.H, d.W, d.heads, panels, h, ldh, init, ldi, out, ldout, d.tile);
}

/** Packs W_hh for `hiddenBackward`; returns where the panels end. */
export function packHiddenBack(d: Recurrence, first: i32, count: i32, to: usize): usize {
  return packBack(count, d.H, d.W, d.heads, rowsFrom(d, first, d.wHh), to);
}

/** dh[m, W] = da[m, count·H] · W_hh. */
export function hiddenBackward(
  d: Recurrence, m: i32, count: i32, panels: usize, da: usize, ldda: usize, add: bool, dh: usize,
): void {
  backward(m, count, d.H, d.W, d.heads, panels, da, ldda, add, dh, d.tile);
}

/** dw [G, W / heads], its rows from gate `first` on, += daᵀ·h. */
export function hiddenGradient(
  d: Recurrence, rows: i32, first: i32, count: i32, da: usize, ldda: i32, h: usize, ldh: i32, dw: usize,
): void {
  gradient(rows, count, d.H, d.W, d.heads, da, ldda, h, ldh, rowsFrom(d, first, dw), d.tile);
}
