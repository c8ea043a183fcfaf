import { tile4x2, tile8x1 } from './dot';
import { INFO, planeBytes, quantizeRows } from './rows';

// W[n, k] packed, `quantBytes(n, k)`: int8 in blocks of 8 outputs by 16 inputs (for each output its 16 inputs), the blocks of
// the first 8 outputs before those of the next; then f32 scales and i32 sums of the weights of each output. Rows and columns
// that round n up to 8 and k up to 16 are zeros, scales and sums too.

/** Rows that are quantized at a time. */
export const QUANT_ROWS = 32;

/**
 * Y[m, n] = init + X[m, k]·W[n, k]ᵀ. X and Y have rows of ldx and ldy bytes; init: rows of ldi bytes, 0 for the same row each
 * time; init = 0: none. Y may be init. work: `quantWork(k, planes)` bytes.
 */
export function quantLinear(
  m: i32, n: i32, k: i32, planes: i32, x: usize, ldx: usize, w: usize, init: usize, ldi: usize, y: usize, ldy: usize,
  work: usize,
): void {
  const row = planeBytes(k) * <usize>planes;
  const q = work + <usize>QUANT_ROWS * INFO;
  for (; m > 0; m -= QUANT_ROWS) {
    const rows = min(m, QUANT_ROWS);
    quantizeRows(rows, k, planes, x, ldx, q, work);
    multiply(rows, n, k, planes, q, row, work, w, init, ldi, y, ldy);
    x += <usize>QUANT_ROWS * ldx;
    y += <usize>QUANT_ROWS * ldy;
    if (init) init += <usize>QUANT_ROWS * ldi;
  }
}

/** Blocks of outputs, each by all rows, so that its weights are read once. */
function multiply(
  m: i32, n: i32, k: i32, planes: i32, q: usize, row: usize, info: usize, w: usize, init: usize, ldi: usize, y: usize,
  ldy: usize,
): void {
  const plane = planeBytes(k);
  const k16 = <i32>(plane >> 4);
  const outputs = <usize>((n + 7) & ~7);
  let scales = w + outputs * plane;
  let totals = scales + (outputs << 2);
  for (let j = 0; j < n; j += 8, w += plane << 3, scales += 32, totals += 32, y += 32) {
    const left = n - j;
    let at = q;
    let scale = info;
    let from = init;
    let to = y;
    let i = m;
    if (planes == 2) {
      for (; i > 0; i--, at += row, scale += INFO, to += ldy) {
        tile4x2(k16, left, true, w, scales, totals, at, plane, scale, from, 0, to, 0);
        if (left > 4) tile4x2(k16, left - 4, true, w + 64, scales + 16, totals + 16, at, plane, scale, from ? from + 16 : 0, 0, to + 16, 0);
        if (from) from += ldi;
      }
    } else {
      for (; i > 1; i -= 2, at += row << 1, scale += INFO << 1, to += ldy << 1) {
        tile4x2(k16, left, false, w, scales, totals, at, plane, scale, from, ldi, to, ldy);
        if (left > 4) tile4x2(k16, left - 4, false, w + 64, scales + 16, totals + 16, at, plane, scale, from ? from + 16 : 0, ldi, to + 16, ldy);
        if (from) from += ldi << 1;
      }
      if (i > 0) tile8x1(k16, left, w, scales, totals, at, scale, from, to);
    }
    if (init) init += 32;
  }
}

/**
 * Y[m, n] = X[m, k]·Wᵀ + b[n], W[n, k] packed; b = 0 for none. planes: 7 bits of activations each, 1 or 2. work:
 * `quantWork(k, planes)` bytes.
 */
export function quant_linear(
  m: i32, n: i32, k: i32, planes: i32, x: usize, w: usize, b: usize, y: usize, work: usize,
): void {
  quantLinear(m, n, k, planes, x, (<usize>k) << 2, w, b, 0, y, (<usize>n) << 2, work);
}
