import { add_column_sums2 } from '../vec/reduce';

/** db1[n] and db2[n] (0 for none) each += the column sums of A[m, n]. lda: floats from row to row. */
export function addRows(m: i32, n: i32, a: usize, lda: i32, db1: usize, db2: usize): void {
  add_column_sums2(m, n, a, lda, db1, db2 || db1);
}
