import { loadTail, storeTail } from '../simd';
import { tile1x32 } from './tile1x32';
import { tile1x8 } from './tile1x8';
import { tile2x8 } from './tile2x8';
import { tile3x8 } from './tile3x8';
import { tile4x8 } from './tile4x8';
import { tile6x8 } from './tile6x8';

/** Rows of A between two passes over the panels: MC·KC floats stay in L2. Multiple of 6 and of 4. */
const MC = 120;

/** Bytes that `multiply` may use at `tmp`: a tile of 6 rows of 8. */
export const TILE_BYTES: usize = 192;

/**
 * C[m, n] = init + A·B, every element summed in the order of k from init on: neither the tile nor the blocking
 * changes a bit of the result.
 * a: element (i, p) at a + i·rsA + p·csA. b: row p of the panel of columns 8q..8q+7 at b + p·rsB + q·psB, eight
 * floats each, also in the last panel. init: row i at init + i·ldi (0 for one row for all), or init = 0 for zeros.
 * c: row i at c + i·ldc. tmp: TILE_BYTES. Strides in bytes. init may be c.
 */
export function multiply(
  m: i32, n: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
  tmp: usize,
): void {
  if (m == 1) {
    multiplyRow(n, k, a, csA, b, rsB, psB, init, c, tmp);
    return;
  }
  // LOOP 3: blocks of MC rows of A
  for (let i = 0; i < m; i += MC) {
    const mc = min(MC, m - i);
    const ai = a + <usize>i * rsA;
    const ci = c + <usize>i * ldc;
    const ii = init ? init + <usize>i * ldi : 0;
    let bj = b;
    let j: usize = 0;
    // LOOP 2: panels of B, each staying in L1 for all rows of the block
    for (let left = n; left > 0; left -= 8, bj += psB, j += 32) {
      if (left >= 8) column(mc, k, ai, rsA, csA, bj, rsB, ii ? ii + j : 0, ldi, ci + j, ldc);
      else narrowColumn(mc, left, k, ai, rsA, csA, bj, rsB, ii ? ii + j : 0, ldi, ci + j, ldc, tmp);
    }
  }
}

/** LOOP 1: all row tiles of one panel. */
function column(
  m: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
  while (m > 0) {
    const rows = tileRows(m);
    tile(rows, k, a, rsA, csA, b, rsB, init, ldi, c, ldc);
    m -= rows;
    a += <usize>rows * rsA;
    c += <usize>rows * ldc;
    if (init) init += <usize>rows * ldi;
  }
}

/** A panel of n < 8 columns: by way of whole tiles at tmp, so that nothing past column n is touched. */
function narrowColumn(
  m: i32, n: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
  tmp: usize,
): void {
  while (m > 0) {
    const rows = tileRows(m);
    if (init) {
      for (let i = 0; i < rows; i++, init += ldi) copyNarrow(n, init, tmp + ((<usize>i) << 5));
    }
    tile(rows, k, a, rsA, csA, b, rsB, init ? tmp : 0, 32, tmp, 32);
    for (let i = 0; i < rows; i++, c += ldc) copyNarrow(n, tmp + ((<usize>i) << 5), c);
    m -= rows;
    a += <usize>rows * rsA;
  }
}

/** Copies n in 1..7 floats. */
// @ts-ignore: decorator
@inline
function copyNarrow(n: i32, from: usize, to: usize): void {
  if (n & 4) v128.store(to, v128.load(from));
  const tail = n & 3;
  if (tail) {
    const at: usize = (<usize>n & 4) << 2;
    storeTail(to + at, loadTail(from + at, tail), tail);
  }
}

/** One row against all panels, four at a time. */
function multiplyRow(
  n: i32, k: i32,
  a: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, c: usize, tmp: usize,
): void {
  for (; n >= 32; n -= 32, b += psB << 2, c += 128) {
    tile1x32(k, a, csA, b, rsB, psB, init, c);
    if (init) init += 128;
  }
  for (; n >= 8; n -= 8, b += psB, c += 32) {
    tile1x8(k, a, 0, csA, b, rsB, init, 0, c, 0);
    if (init) init += 32;
  }
  if (n > 0) narrowColumn(1, n, k, a, 0, csA, b, rsB, init, 0, c, 0, tmp);
}

/**
 * Rows of the next tile when m are left. Widest: 6 where madd is one instruction, 4 where it is two (more registers
 * in flight spill). The last rows are cut so that no tile is lower than 3 where it can be helped.
 */
// @ts-ignore: decorator
@inline
function tileRows(m: i32): i32 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (m >= 12 || m == 6 || m == 9 || m == 10) return 6;
    return m >= 7 || m == 4 ? 4 : m == 5 ? 3 : m;
  }
  return m >= 7 || m == 4 ? 4 : m >= 5 ? 3 : m;
}

// @ts-ignore: decorator
@inline
function tile(
  rows: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD && rows == 6) tile6x8(k, a, rsA, csA, b, rsB, init, ldi, c, ldc);
  else if (rows == 4) tile4x8(k, a, rsA, csA, b, rsB, init, ldi, c, ldc);
  else if (rows == 3) tile3x8(k, a, rsA, csA, b, rsB, init, ldi, c, ldc);
  else if (rows == 2) tile2x8(k, a, rsA, csA, b, rsB, init, ldi, c, ldc);
  else tile1x8(k, a, rsA, csA, b, rsB, init, ldi, c, ldc);
}
