import { packT } from './pack';
import { multiply } from './multiply';

/** Packs W[n, k], rows one after the other, for `project`: `packedBytes(k, n)` at out. */
// @ts-ignore: decorator
@inline
export function packWeight(k: i32, n: i32, w: usize, out: usize): void {
  packT(k, n, w, (<usize>k) << 2, out, (<usize>k) << 5);
}

/**
 * C[m, n] = bias + A[m, k]·Wᵀ, W packed by `packWeight`. bias: n floats, or 0 for none. ldc: bytes from row to row.
 * tmp: TILE_BYTES.
 */
export function project(
  m: i32, n: i32, k: i32, a: usize, panels: usize, bias: usize, c: usize, ldc: usize, tmp: usize,
): void {
  multiply(m, n, k, a, (<usize>k) << 2, 4, panels, 32, (<usize>k) << 5, bias, 0, c, ldc, tmp);
}
