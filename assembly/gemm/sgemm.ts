import { inTurns, partNumber, partRows, productRows, rowsFrom, rowsTo, takeTurn } from '../team';
import { packN, packRows, packT, packedBytes } from './pack';
import { KC, MC, multiply, TILE_BYTES } from './multiply';

/** Columns of a packed block: KC x NC floats (512 kB) stay in L2. */
export const NC = 512;
/** Up to this many rows of A, packing B costs more than it saves: B is read in place. */
const DIRECT_ROWS = 3;

/**
 * C[m, n] = A[m, k] · B[k, n] + beta·C, beta 0 or 1 (with 0, C is not read). Row-major; lda, ldb, ldc: floats from
 * row to row. work: `gemmWork(m, n, k)` bytes of the caller's (src/memory/workspace.ts).
 */
export function sgemm_nn(
  m: i32, n: i32, k: i32,
  a: usize, lda: i32, b: usize, ldb: i32, beta: i32, c: usize, ldc: i32, work: usize,
): void {
  assert(lda >= k && ldb >= n && ldc >= n, 'sgemm_nn: a leading dimension is below its row');
  if (m <= DIRECT_ROWS) direct(m, n, k, a, <usize>lda << 2, 4, b, <usize>ldb << 2, beta, c, <usize>ldc << 2, work);
  else blocked(m, n, k, a, lda, false, b, ldb, false, beta, c, ldc, work);
}

/** C[m, n] = A[m, k] · B[n, k]ᵀ + beta·C. Otherwise as sgemm_nn. */
export function sgemm_nt(
  m: i32, n: i32, k: i32,
  a: usize, lda: i32, b: usize, ldb: i32, beta: i32, c: usize, ldc: i32, work: usize,
): void {
  assert(lda >= k && ldb >= k && ldc >= n, 'sgemm_nt: a leading dimension is below its row');
  blocked(m, n, k, a, lda, false, b, ldb, true, beta, c, ldc, work);
}

/** C[m, n] = A[k, m]ᵀ · B[k, n] + beta·C. Otherwise as sgemm_nn. */
export function sgemm_tn(
  m: i32, n: i32, k: i32,
  a: usize, lda: i32, b: usize, ldb: i32, beta: i32, c: usize, ldc: i32, work: usize,
): void {
  assert(lda >= m && ldb >= n && ldc >= n, 'sgemm_tn: a leading dimension is below its row');
  if (m <= DIRECT_ROWS) direct(m, n, k, a, 4, <usize>lda << 2, b, <usize>ldb << 2, beta, c, <usize>ldc << 2, work);
  else blocked(m, n, k, a, lda, true, b, ldb, false, beta, c, ldc, work);
}

/** C[m, n] += A[k, m]ᵀ · B[k, n], summed from row k−1 to row 0. Otherwise as sgemm_tn. */
export function sgemm_tn_reversed(
  m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32, c: usize, ldc: i32, work: usize,
): void {
  a += <usize>(k - 1) * (<usize>lda << 2);
  b += <usize>(k - 1) * (<usize>ldb << 2);
  if (m <= DIRECT_ROWS) direct(m, n, k, a, 4, <usize>-lda << 2, b, <usize>-ldb << 2, 1, c, <usize>ldc << 2, work);
  else blocked(m, n, k, a, -lda, true, b, -ldb, false, 1, c, ldc, work);
}

/** B[k, n] read where it lies; its last n mod 8 columns packed. Strides in bytes. */
export function direct(
  m: i32, n: i32, k: i32,
  a: usize, rsA: usize, csA: usize, b: usize, ldb: usize, beta: i32, c: usize, ldc: usize, work: usize,
): void {
  const whole = n & ~7;
  if (whole) multiply(m, whole, k, a, rsA, csA, b, ldb, 32, beta ? c : 0, ldc, c, ldc, work);
  if (n == whole) return;
  const at = (<usize>whole) << 2;
  const packed = work + TILE_BYTES;
  packN(k, n - whole, b + at, ldb, packed, 0);
  multiply(m, n - whole, k, a, rsA, csA, packed, 32, 0, beta ? c + at : 0, ldc, c + at, ldc, work);
}

/**
 * Blocks of KC x NC of B (or Bᵀ), packed; blocks of KC x MC of A copied when it is transposed and its rows are 64·x
 * floats apart.
 */
function blocked(
  m: i32, n: i32, k: i32,
  a: usize, lda: i32, ta: bool, b: usize, ldb: i32, tb: bool, beta: i32, c: usize, ldc: i32, work: usize,
): void {
  const packed = work + TILE_BYTES;
  const copied = packed + packedBytes(min(k, KC), min(n, NC));
  const strideA = <usize>lda << 2;
  const strideB = <usize>ldb << 2;
  const strideC = <usize>ldc << 2;
  let p = 0;
  // LOOP 5: depth. At least once, so that k = 0 still clears C
  do {
    const kc = min(KC, k - p);
    const accumulate = beta != 0 || p > 0;
    const ap = ta ? a + <usize>p * strideA : a + (<usize>p << 2);
    // LOOP 4: columns
    for (let j = 0; j < n; j += NC) {
      const nc = min(NC, n - j);
      const psB = (<usize>kc) << 5;
      if (tb) packT(kc, nc, b + <usize>j * strideB + (<usize>p << 2), strideB, packed, psB);
      else packN(kc, nc, b + <usize>p * strideB + (<usize>j << 2), strideB, packed, psB);
      const cj = c + (<usize>j << 2);
      if (!ta) {
        multiply(
          m, nc, kc, ap, strideA, 4, packed, 32, psB,
          accumulate ? cj : 0, strideC, cj, strideC, work,
        );
        continue;
      }
      const turns = inTurns(m);
      const most = turns ? partRows(min(m, MC)) : MC;
      const own = turns ? copied + <usize>(partNumber() * most * kc << 2) : copied;
      let i = 0;
      while (turns ? takeTurn(m, productRows(m, most)) : i < m) {
        if (turns) i = rowsFrom;
        const mc = min(turns ? rowsTo - i : MC, m - i);
        const ci = cj + <usize>i * strideC;
        let at = ap + (<usize>i << 2);
        let csA = strideA;
        // where it lies, rows of 64·x floats fall into few sets of L1
        if (!(strideA & 255)) {
          packRows(kc, mc, at, strideA, own);
          at = own;
          csA = <usize>mc << 2;
        }
        multiply(
          mc, nc, kc, at, 4, csA, packed, 32, psB,
          accumulate ? ci : 0, strideC, ci, strideC, work,
        );
        i += MC;
      }
    }
    p += KC;
  } while (p < k);
}
