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
function isWide(): bool {
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

/**
 * Whether m rows take tiles of 16 columns: with 256-bit code; where madd is two instructions, since 2x16 makes as many sums as 4x8 in fewer
 * instructions; and two rows, since 2x8 has too few sums to hide the latency of madd.
 */
// @ts-ignore: decorator
@inline
export function isPaired(m: i32): bool {
  return !ASC_FEATURE_RELAXED_SIMD || m == 2 || isWide();
}

/**
 * Likewise of 16 columns, 0 where one of 8 columns takes all that are left. Without fused madd 5, which needs 256-bit code, or 2.
 */
// @ts-ignore: decorator
@inline
export function rows16(m: i32): i32 {
  if (m == 1) return 0;
  if (ASC_FEATURE_RELAXED_SIMD) return rows8(m);
  if (m == 3) return 0;
  return m >= 5 && m != 6 && isWide() ? 5 : 2;
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

/** rows: of `rows16`, not 0. */
// @ts-ignore: decorator
@inline
export function tile16(
  rows: i32, k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
  if (!ASC_FEATURE_RELAXED_SIMD && rows == 5) tile5x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
  else if (!ASC_FEATURE_RELAXED_SIMD || rows == 2) tile2x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
  else if (rows == 6) tile6x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
  else if (rows == 4) tile4x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
  else tile3x16(k, a, rsA, csA, b, rsB, psB, init, ldi, c, ldc);
}
