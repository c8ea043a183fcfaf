export interface Gemm {
  m: number;
  n: number;
  k: number;
  /** [m, k] with row stride `lda`, or [k, m] when `ta`. */
  a: ArrayLike<number>;
  lda: number;
  ta: boolean;
  /** [k, n] with row stride `ldb`, or [n, k] when `tb`. */
  b: ArrayLike<number>;
  ldb: number;
  tb: boolean;
  /** 0 never reads `c`. */
  beta: number;
  /** [m, n] with row stride `ldc`; written in place. */
  c: Float64Array;
  ldc: number;
}

/** c = op(a)·op(b) + beta·c. Returns Σ|a||b| for each element, [m, n] without gaps, the beta term left out. */
export function gemm({ m, n, k, a, lda, ta, b, ldb, tb, beta, c, ldc }: Gemm): Float64Array {
  const absolute = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      let abs = 0;
      for (let p = 0; p < k; p++) {
        const product = a[ta ? p * lda + i : i * lda + p]! * b[tb ? j * ldb + p : p * ldb + j]!;
        sum += product;
        abs += Math.abs(product);
      }
      const at = i * ldc + j;
      c[at] = beta === 0 ? sum : sum + beta * c[at]!;
      absolute[i * n + j] = abs;
    }
  }
  return absolute;
}
