export interface BatchNormPass {
  readonly y: Float64Array;
  readonly xhat: Float64Array;
  readonly rstd: Float64Array;
  /** By column. */
  readonly mean: Float64Array;
  /** By column, divided by m. */
  readonly variance: Float64Array;
}

/** By column: (x − mean)/√(variance + eps)·weight + bias, in float64. Given statistics: those; else those of x [m, n]. */
export function batchNorm(
  m: number,
  n: number,
  x: Float64Array,
  w: Float64Array,
  b: Float64Array,
  eps: number,
  given?: { readonly mean: ArrayLike<number>; readonly variance: ArrayLike<number> },
): BatchNormPass {
  const column = (j: number) => Float64Array.from({ length: m }, (_, i) => x[i * n + j]!);
  const mean = Float64Array.from(
    { length: n },
    (_, j) => given?.mean[j] ?? column(j).reduce((s, v) => s + v, 0) / m,
  );
  const variance = Float64Array.from(
    { length: n },
    (_, j) => given?.variance[j] ?? column(j).reduce((s, v) => s + (v - mean[j]!) ** 2, 0) / m,
  );
  const rstd = variance.map((v) => 1 / Math.sqrt(v + eps));
  const xhat = x.map((v, k) => (v - mean[k % n]!) * rstd[k % n]!);
  return { y: xhat.map((h, k) => h * w[k % n]! + b[k % n]!), xhat, rstd, mean, variance };
}

/** Running statistics after a batch of m rows, as torch. */
export function running(
  pass: BatchNormPass,
  m: number,
  momentum: number,
  before: { readonly mean: ArrayLike<number>; readonly variance: ArrayLike<number> },
) {
  const blend = (old: number, now: number) => (1 - momentum) * old + momentum * now;
  return {
    mean: pass.mean.map((v, j) => blend(before.mean[j]!, v)),
    variance: pass.variance.map((v, j) => blend(before.variance[j]!, (v * m) / (m - 1))),
  };
}

/** Gradients of x [m, n], weight [n] and bias [n] from dy [m, n], the statistics being those of x. */
export function batchNormBackward(
  m: number,
  n: number,
  dy: ArrayLike<number>,
  w: ArrayLike<number>,
  { xhat, rstd }: Pick<BatchNormPass, 'xhat' | 'rstd'>,
) {
  const dw = new Float64Array(n);
  const db = new Float64Array(n);
  for (let k = 0; k < m * n; k++) {
    dw[k % n]! += dy[k]! * xhat[k]!;
    db[k % n]! += dy[k]!;
  }
  const dx = Float64Array.from({ length: m * n }, (_, k) => {
    const j = k % n;
    return w[j]! * rstd[j]! * (dy[k]! - db[j]! / m - (xhat[k]! * dw[j]!) / m);
  });
  return { dx, dw, db };
}
