import { TILE_BYTES } from '../gemm/rows';
import { vec_add, vec_fill } from '../vec/elementwise';
import { add_column_sums } from '../vec/reduce';

/** db1[n] and db2[n] each += the column sums of A[m, n], summed once. work: TILE_BYTES and n floats. */
export function addRows(m: i32, n: i32, a: usize, lda: i32, db1: usize, db2: usize, work: usize): void {
  const sums = work + TILE_BYTES;
  vec_fill(n, 0, sums);
  add_column_sums(m, n, a, lda, sums);
  vec_add(n, db1, sums, db1);
  vec_add(n, db2, sums, db2);
}
