import { packedBytes, packN, packT } from './pack';
import { multiply } from './multiply';
import { sgemm_tn_reversed } from './sgemm';

// Products of `count` gates with W_hh [count·H, W / heads]. With one head all gates are one product. With more W_hh is
// block-diagonal: unit u of a gate sees the units of its own head only, and each gate and head is a product.

/** Packs W_hhᵀ for `hiddenForward`; returns where the panels end. */
export function packHidden(count: i32, H: i32, W: i32, heads: i32, w: usize, to: usize): usize {
  const k = W / heads;
  const blocks = heads == 1 ? 1 : count * heads;
  const n = heads == 1 ? count * H : H / heads;
  const row = (<usize>k) << 2;
  for (let i = 0; i < blocks; i++) {
    packT(k, n, w, row, to, row << 3);
    w += <usize>n * row;
    to += packedBytes(k, n);
  }
  return to;
}

/**
 * out[m, count·H] = init + h[m, W] · W_hhᵀ. ldh, ldi, ldout: bytes from row to row; ldi 0 for one row, init 0 for zeros.
 * tile: TILE_BYTES.
 */
export function hiddenForward(
  m: i32, count: i32, H: i32, W: i32, heads: i32, panels: usize,
  h: usize, ldh: usize, init: usize, ldi: usize, out: usize, ldout: usize, tile: usize,
): void {
  const k = W / heads;
  const blocks = heads == 1 ? 1 : count * heads;
  const n = heads == 1 ? count * H : H / heads;
  const psB = (<usize>k) << 5;
  for (let i = 0; i < blocks; i++) {
    const from = h + (<usize>(i % heads * k) << 2);
    const at = <usize>(i * n) << 2;
    multiply(m, n, k, from, ldh, 4, panels, 32, psB, init ? init + at : 0, ldi, out + at, ldout, tile);
    panels += packedBytes(k, n);
  }
}

/** Packs W_hh for `hiddenBackward`; returns where the panels end. */
export function packHiddenBack(count: i32, H: i32, W: i32, heads: i32, w: usize, to: usize): usize {
  const n = W / heads;
  const blocks = heads == 1 ? 1 : count * heads;
  const k = heads == 1 ? count * H : H / heads;
  const row = (<usize>n) << 2;
  for (let i = 0; i < blocks; i++) {
    packN(k, n, w, row, to, (<usize>k) << 5);
    w += <usize>k * row;
    to += packedBytes(k, n);
  }
  return to;
}

/** dh[m, W] = da[m, count·H] · W_hh, ldda bytes from row to row; with `add` to what it holds. tile: TILE_BYTES. */
export function hiddenBackward(
  m: i32, count: i32, H: i32, W: i32, heads: i32, panels: usize,
  da: usize, ldda: usize, add: bool, dh: usize, tile: usize,
): void {
  const n = W / heads;
  const blocks = heads == 1 ? 1 : count * heads;
  const k = heads == 1 ? count * H : H / heads;
  const ld = (<usize>W) << 2;
  for (let i = 0; i < blocks; i++) {
    const to = dh + (<usize>(i % heads * n) << 2);
    const on = add || i >= heads;
    multiply(
      m, n, k, da + (<usize>(i * k) << 2), ldda, 4, panels, 32, (<usize>k) << 5, on ? to : 0, ld, to, ld, tile,
    );
    panels += packedBytes(k, n);
  }
}

/**
 * dw [count·H, W / heads] += daᵀ·h from the last row to the first. ldda, ldh: floats from row to row.
 * work: `gemmWork` of the product.
 */
export function hiddenGradient(
  rows: i32, count: i32, H: i32, W: i32, heads: i32, da: usize, ldda: i32, h: usize, ldh: i32, dw: usize, work: usize,
): void {
  const k = W / heads;
  const blocks = heads == 1 ? 1 : count * heads;
  const n = heads == 1 ? count * H : H / heads;
  for (let i = 0; i < blocks; i++) {
    const from = h + (<usize>(i % heads * k) << 2);
    sgemm_tn_reversed(n, k, rows, da + (<usize>(i * n) << 2), ldda, from, ldh, dw, k, work);
    dw += (<usize>n * <usize>k) << 2;
  }
}
