import { add_column_sums } from '../vec/reduce';
import { packWeight, project } from './project';
import { TILE_BYTES } from './multiply';
import { sgemm_nn, sgemm_tn_reversed } from './sgemm';

/**
 * Y[m, n] = X[m, k]·W[n, k]ᵀ + b[n]; b = 0 for none. work: `linearWork(n, k)` bytes; with `packed` it still holds
 * what a former call with the same W put there.
 */
export function linear_forward(
  m: i32, n: i32, k: i32, x: usize, w: usize, b: usize, y: usize, packed: i32, work: usize,
): void {
  const panels = work + TILE_BYTES;
  if (!packed) packWeight(k, n, w, panels);
  project(m, n, k, x, panels, b, y, (<usize>n) << 2, work);
}

/**
 * dX[m, k] = dY·W (dX = 0 to leave it out); dW[n, k] += dYᵀ·X; db[n] += Σ dY (db = 0 for none), both summed from the
 * last row to the first.
 * work: `linearBackwardWork(m, n, k)` bytes.
 */
export function linear_backward(
  m: i32, n: i32, k: i32, x: usize, w: usize, dy: usize, dx: usize, dw: usize, db: usize, work: usize,
): void {
  if (dx) sgemm_nn(m, k, n, dy, n, w, k, 0, dx, k, work);
  sgemm_tn_reversed(n, k, m, dy, n, x, k, dw, k, work);
  if (db) add_column_sums(m, n, dy, n, db);
}
