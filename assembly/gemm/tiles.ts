import {
  tile1x8, tile2x8, tile3x8, tile4x8, tile6x8,
  tile2x16, tile3x16, tile4x16, tile5x16, tile6x16,
} from './generated/tiles';

// Which tile for how many rows. The choice changes no bit of a result, only the time (docs/kernels.md).

/** Where the memory's owner says which tiles run: 0 for 8 columns, 1 for 16, which 256-bit code needs. */
const WIDE_AT: usize = 65472;

/** Whether the engine merges neighbouring vectors into 256-bit ones, as the memory's owner found. */
// @ts-ignore: decorator
@inline
export function isWide(): bool {
  return load<i32>(WIDE_AT) != 0;
}

/**
 * Rows of the next tile of 8 columns when m are left. Highest: 6 where madd is one instruction, 4 where it is two
 * (more registers in flight spill). The last rows are cut so that no tile is lower than 3 where it can be helped.
 */
// @ts-ignore: decorator
@inline
export function rows8(m: i32): i32 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (m >= 12 || m == 6 || m == 9 || m == 10) return 6;
    return m >= 7 || m == 4 ? 4 : m == 5 ? 3 : m;
  }
  return m >= 7 || m == 4 ? 4 : m >= 5 ? 3 : m;
}

/** Likewise of 16 columns: 6 or 5 rows; up to two tiles' worth is cut in halves. */
// @ts-ignore: decorator
@inline
export function rows16(m: i32): i32 {
  const highest = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
  if (m <= highest || m >= highest * 2) return min(m, highest);
  return (m + 1) >> 1;
}

// @ts-ignore: decorator
@inline
export function tile8(
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

/** rows >= 2. */
// @ts-ignore: decorator
@inline
export function tile16(
  rows: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD && rows == 6) tile6x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
  else if (rows == 5) tile5x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
  else if (rows == 4) tile4x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
  else if (rows == 3) tile3x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
  else tile2x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
}
