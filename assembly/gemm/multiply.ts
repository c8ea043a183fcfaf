import { loadTail, storeTail } from '../simd';
import {
  byRows, isShared, meet, ownTile, productRows, rowsFrom, rowsTo, share, start, takeTurn, waitAtMeetings,
} from '../team';
import { tile1x32 } from './tile1x32';
import { isPaired, rows16, rows8, tile16, tile8 } from './tiles';

/** Depth of a block: a panel of KC x 8 floats (8 kB) stays in L1. */
export const KC = 256;
/** Rows of A between two passes over the panels: MC·KC floats stay in L2. Multiple of 6, 5 and 4. */
export const MC = 120;

/** Most rows of a thread's turn. */
const TURN_ROWS = 24;

/** Bytes that `multiply` may use at `tmp`: a tile of 6 rows of 8, then 32 zeros. */
export const TILE_BYTES: usize = 320;
const ZEROS_AT: usize = 192;

/**
 * C[m, n] = init + A·B, every element summed in the order of k from init on: neither the tile nor the blocking
 * changes a bit of the result.
 * a: element (i, p) at a + i·rsA + p·csA. b: row p of the panel of columns 8q..8q+7 at b + p·rsB + q·psB, eight
 * floats each, also in the last panel. init: row i at init + i·ldi (ldi 0: one row for all), or init = 0 for zeros.
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
  tmp = ownTile(tmp);
  if (isShared()) {
    if (byRows(m)) {
      while (takeTurn(m, productRows(m, TURN_ROWS))) {
        const from = <usize>rowsFrom;
        const first = init ? init + from * ldi : 0;
        multiply(rowsTo - rowsFrom, n, k, a + from * rsA, rsA, csA, b, rsB, psB, first, ldi, c + from * ldc, ldc, tmp);
      }
      return;
    }
    n = share(n, 8);
    b += (start >> 3) * psB;
    c += start << 2;
    if (init) init += start << 2;
  }
  // without init, every tile starts from the same zeros
  let along: usize = -1;
  if (!init) {
    memory.fill(tmp + ZEROS_AT, 0, 128);
    init = tmp + ZEROS_AT;
    ldi = 0;
    along = 0;
  }
  if (m == 1) {
    multiplyRow(n, k, a, csA, b, rsB, psB, init, along, c, tmp);
    meet();
    return;
  }
  // LOOP 4: blocks of MC rows of A
  for (let i = 0; i < m; i += MC) {
    const mc = min(MC, m - i);
    const ci = c + <usize>i * ldc;
    let ai = a + <usize>i * rsA;
    let bp = b;
    let ii = init + <usize>i * ldi;
    let stride = ldi;
    let across = along;
    // LOOP 3: depth, in blocks of KC, each going on from what the one before left in C. At least once, for k = 0
    let p = k;
    do {
      const kc = min(KC, p);
      columns(mc, n, kc, ai, rsA, csA, bp, rsB, psB, ii, across, stride, ci, ldc, tmp);
      ai += <usize>kc * csA;
      bp += <usize>kc * rsB;
      ii = ci;
      stride = ldc;
      across = -1;
      p -= KC;
    } while (p > 0);
  }
  meet();
}

/**
 * As multiply, where the n columns are those of `gates` gates. With several threads and too few rows for turns, this one computes the
 * same share of each gate as the cell's kernel gives it (share(n, 8)), and does not wait for the others: the cell's kernel does, and
 * after the last step back keepPrevious.
 */
// @ts-ignore: decorator
@inline
export function multiplyGates(
  gates: i32, m: i32, n: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
  tmp: usize,
): void {
  if (ASC_FEATURE_THREADS) shareGates(gates, m, n, k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc, tmp);
  else multiply(m, n, k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc, tmp);
}

function shareGates(
  gates: i32, m: i32, n: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
  tmp: usize,
): void {
  if (isShared() && !((n / gates) & 7)) {
    n /= gates;
    waitAtMeetings(false);
  } else gates = 1;
  for (; gates > 0; gates--) {
    multiply(m, n, k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc, tmp);
    b += (<usize>n >> 3) * psB;
    c += (<usize>n) << 2;
    if (init) init += (<usize>n) << 2;
  }
  waitAtMeetings(true);
}

/** LOOP 2: panels of B, pairs of them in tiles of 16 columns, each staying in L1 for all rows of the block. */
// @ts-ignore: decorator
@inline
function columns(
  m: i32, n: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, along: usize, ldi: usize,
  c: usize, ldc: usize,
  tmp: usize,
): void {
  if (isPaired(m)) {
    for (; n >= 16; n -= 16, b += psB << 1, c += 64) {
      column16(m, k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
      init += 64 & along;
    }
  }
  for (; n >= 8; n -= 8, b += psB, c += 32) {
    column8(m, k, a, rsA, csA, b, rsB, init, ldi, c, ldc);
    init += 32 & along;
  }
  if (n > 0) narrowColumn(m, n, k, a, rsA, csA, b, rsB, init, ldi, c, ldc, tmp);
}

/** LOOP 1: all row tiles of two panels. Rows that fit no tile of 16 columns take the panels one by one. */
function column16(
  m: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
  while (m > 0) {
    const rows = rows16(m);
    if (!rows) {
      column8(m, k, a, rsA, csA, b, rsB, init, ldi, c, ldc);
      column8(m, k, a, rsA, csA, b + psB, rsB, init + 32, ldi, c + 32, ldc);
      return;
    }
    tile16(rows, k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
    m -= rows;
    a += <usize>rows * rsA;
    c += <usize>rows * ldc;
    init += <usize>rows * ldi;
  }
}

/** LOOP 1: all row tiles of one panel. */
function column8(
  m: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
  while (m > 0) {
    const rows = rows8(m);
    tile8(rows, k, a, rsA, csA, b, rsB, init, ldi, c, ldc);
    m -= rows;
    a += <usize>rows * rsA;
    c += <usize>rows * ldc;
    init += <usize>rows * ldi;
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
    const rows = rows8(m);
    for (let i = 0; i < rows; i++, init += ldi) copyNarrow(n, init, tmp + ((<usize>i) << 5));
    tile8(rows, k, a, rsA, csA, b, rsB, tmp, 32, tmp, 32);
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

/** One row against all panels, four at a time. along: whether init goes along with the columns, all ones or 0. */
function multiplyRow(
  n: i32, k: i32,
  a: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, along: usize, c: usize, tmp: usize,
): void {
  // two calls: a single one would be inlined, and V8 of Node 20 then spills the sums (20 instead of 40 GFLOP/s)
  const next: usize = 128 & along;
  for (; n >= 64; n -= 64, b += psB << 3, c += 256, init += next << 1) {
    tile1x32(k, a, csA, b, rsB, psB, init, c);
    tile1x32(k, a, csA, b + (psB << 2), rsB, psB, init + next, c + 128);
  }
  if (n >= 32) {
    tile1x32(k, a, csA, b, rsB, psB, init, c);
    n -= 32;
    b += psB << 2;
    c += 128;
    init += next;
  }
  for (; n >= 8; n -= 8, b += psB, c += 32) {
    tile8(1, k, a, 0, csA, b, rsB, init, 0, c, 0);
    init += 32 & along;
  }
  if (n > 0) narrowColumn(1, n, k, a, 0, csA, b, rsB, init, 0, c, 0, tmp);
}
