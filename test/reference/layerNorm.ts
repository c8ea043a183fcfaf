export interface LayerNormPass {
  readonly y: Float64Array;
  readonly xhat: Float64Array;
  readonly rstd: Float64Array;
}

/** y = x̂ ⊙ weight + bias for x [m, n] as torch.nn.LayerNorm, in float64. */
export function layerNorm(
  m: number,
  n: number,
  x: Float64Array,
  w: Float64Array,
  b?: Float64Array,
  eps = 1e-5,
): LayerNormPass {
  const y = new Float64Array(m * n);
  const xhat = new Float64Array(m * n);
  const rstd = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    const row = x.subarray(i * n, (i + 1) * n);
    const mean = row.reduce((s, v) => s + v, 0) / n;
    rstd[i] = 1 / Math.sqrt(row.reduce((s, v) => s + (v - mean) ** 2, 0) / n + eps);
    for (let j = 0; j < n; j++) {
      xhat[i * n + j] = (row[j]! - mean) * rstd[i]!;
      y[i * n + j] = xhat[i * n + j]! * w[j]! + (b?.[j] ?? 0);
    }
  }
  return { y, xhat, rstd };
}

/** Gradients of x [m, n], weight [n] and bias [n] from dy [m, n]. */
export function layerNormBackward(
  m: number,
  n: number,
  dy: Float64Array,
  w: Float64Array,
  pass: LayerNormPass,
) {
  const { xhat, rstd } = pass;
  const dx = new Float64Array(m * n);
  const dw = new Float64Array(n);
  const db = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    let sum = 0;
    let dot = 0;
    for (let j = 0; j < n; j++) {
      const k = i * n + j;
      sum += dy[k]! * w[j]!;
      dot += dy[k]! * w[j]! * xhat[k]!;
      dw[j]! += dy[k]! * xhat[k]!;
      db[j]! += dy[k]!;
    }
    for (let j = 0; j < n; j++) {
      const k = i * n + j;
      dx[k] = rstd[i]! * (dy[k]! * w[j]! - sum / n - (xhat[k]! * dot) / n);
    }
  }
  return { dx, dw, db };
}
