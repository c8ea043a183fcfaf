import { formOf, INFO, partBytes, partsOf, planeBytes, quantizeRows } from './rows';
import { pair, row } from './tiles';

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
  const form = formOf(k, planes);
  const parts = partsOf(k, planes, form);
  const part = partBytes(k, form);
  const q = work + <usize>QUANT_ROWS * INFO;
  for (; m > 0; m -= QUANT_ROWS) {
    const rows = min(m, QUANT_ROWS);
    quantizeRows(rows, k, planes, form, x, ldx, q, work);
    multiply(rows, n, k, form, parts, q, part, work, w, init, ldi, y, ldy);
    x += <usize>QUANT_ROWS * ldx;
    y += <usize>QUANT_ROWS * ldy;
    if (init) init += <usize>QUANT_ROWS * ldi;
  }
}

/** Blocks of outputs, each by all rows, so that its weights are read once. q: parts of `part` bytes. */
function multiply(
  m: i32, n: i32, k: i32, form: i32, parts: i32, q: usize, part: usize, info: usize, w: usize, init: usize, ldi: usize,
  y: usize, ldy: usize,
): void {
  const one = min(m, 1);
  const plane = planeBytes(k);
  const k16 = <i32>(plane >> 4);
  const outputs = <usize>((n + 7) & ~7);
  let scales = w + outputs * plane;
  let totals = scales + (outputs << 2);
  // a tile of two vectors is two rows or the two parts of one
  const whole = parts == 1;
  const rows = whole ? 2 : 1;
  if (m == 1 && whole) {
    row(form, one, k16, n, w, scales, totals, q, info, init, y);
    return;
  }
  for (let j = 0; j < n; j += 8, w += plane << 3, scales += 32, totals += 32, y += 32) {
    const left = n - j;
    let at = q;
    let scale = info;
    let from = init;
    let to = y;
    let i = m;
    for (; i >= rows; i -= rows, at += part << 1, scale += INFO * <usize>rows, to += ldy * <usize>rows) {
      pair(form, one, k16, left, whole, w, scales, totals, at, part, scale, from, ldi, to, ldy);
      if (left > 4) pair(form, one, k16, left - 4, whole, w + 64, scales + 16, totals + 16, at, part, scale, from ? from + 16 : 0, ldi, to + 16, ldy);
      if (from) from += ldi * <usize>rows;
    }
    if (i > 0) row(form, one, k16, min(left, 8), w, scales, totals, at, scale, from, to);
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
