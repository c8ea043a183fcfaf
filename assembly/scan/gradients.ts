import { sgemm_nn, sgemm_tn } from '../gemm/sgemm';
import { loadLanes, madd, storeLanes } from '../simd';

/**
 * dwIh[n, I] += daᵀ·x, and unless dx is 0 dx = da·W_ih, to which `add` adds what dx was. da [m, n]; x, dx [m, I].
 * work: `linearBackwardWork(m, n, I)` bytes.
 */
export function inputGradients(
  m: i32, n: i32, I: i32,
  da: usize, x: usize, wIh: usize, dwIh: usize, dx: usize, add: i32, work: usize,
): void {
  sgemm_tn(n, I, m, da, n, x, I, 1, dwIh, I, work);
  if (dx) sgemm_nn(m, I, n, da, n, wIh, I, add, dx, I, work);
}

/** y[n] += Σ of the rows of a [m, n], from the last to the first. lda: floats from row to row. */
export function addRowsReversed(m: i32, n: i32, a: usize, lda: i32, y: usize): void {
  const ld = (<usize>lda) << 2;
  a += ld * <usize>m;
  for (; n >= 16; n -= 16, a += 64, y += 64) {
    let s0 = v128.load(y);
    let s1 = v128.load(y, 16);
    let s2 = v128.load(y, 32);
    let s3 = v128.load(y, 48);
    let p = a;
    for (let i = 0; i < m; i++) {
      p -= ld;
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
      s2 = f32x4.add(s2, v128.load(p, 32));
      s3 = f32x4.add(s3, v128.load(p, 48));
    }
    v128.store(y, s0);
    v128.store(y, s1, 16);
    v128.store(y, s2, 32);
    v128.store(y, s3, 48);
  }
  for (; n > 0; n -= 4, a += 16, y += 16) {
    const lanes = min(n, 4);
    let s = loadLanes(y, lanes);
    let p = a;
    for (let i = 0; i < m; i++) {
      p -= ld;
      s = f32x4.add(s, loadLanes(p, lanes));
    }
    storeLanes(y, s, lanes);
  }
}

/** y[n] += Σ of the rows of a ⊙ b, a [m, n] and b [m, n], from the last to the first. lda, ldb as above. */
export function addProductsReversed(m: i32, n: i32, a: usize, lda: i32, b: usize, ldb: i32, y: usize): void {
  const strideA = (<usize>lda) << 2;
  const strideB = (<usize>ldb) << 2;
  a += strideA * <usize>m;
  b += strideB * <usize>m;
  for (; n >= 8; n -= 8, a += 32, b += 32, y += 32) {
    let s0 = v128.load(y);
    let s1 = v128.load(y, 16);
    let p = a;
    let q = b;
    for (let i = 0; i < m; i++) {
      p -= strideA;
      q -= strideB;
      s0 = madd(v128.load(p), v128.load(q), s0);
      s1 = madd(v128.load(p, 16), v128.load(q, 16), s1);
    }
    v128.store(y, s0);
    v128.store(y, s1, 16);
  }
  for (; n > 0; n -= 4, a += 16, b += 16, y += 16) {
    const lanes = min(n, 4);
    let s = loadLanes(y, lanes);
    let p = a;
    let q = b;
    for (let i = 0; i < m; i++) {
      p -= strideA;
      q -= strideB;
      s = madd(loadLanes(p, lanes), loadLanes(q, lanes), s);
    }
    storeLanes(y, s, lanes);
  }
}
