import { softmax, softmaxBackward } from './softmax.ts';

/** One sequence: queries [m, d], keys [n, d], values [n, dv], row-major; n may be 0. */
export interface AttentionCase {
  readonly d: number;
  readonly dv: number;
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  /** Factor of the scores before softmax. */
  readonly factor: number;
  /** [d]: scores Σ scale·tanh(q + k) (Bahdanau et al. 2015); undefined: q·k. */
  readonly scale?: Float64Array | undefined;
}

/** softmax(factor · scores) · V, in float64; zeros without values. */
export function attention(c: AttentionCase) {
  const { d, dv, q, k, v, factor, scale } = c;
  const m = q.length / d;
  const n = v.length / dv;
  const scores = new Float64Array(m * n);
  each(m, n, (i, j, at) => {
    for (let l = 0; l < d; l++) {
      const [a, b] = [q[i * d + l]!, k[j * d + l]!];
      scores[at]! += scale ? scale[l]! * Math.tanh(a + b) : a * b;
    }
  });
  const weights = n ? softmax(n, scores, factor) : scores;
  const o = new Float64Array(m * dv);
  each(m, n, (i, j, at) => {
    for (let l = 0; l < dv; l++) o[i * dv + l]! += weights[at]! * v[j * dv + l]!;
  });
  return { scores, weights, o };
}

/** Gradients from dO [m, dv]. */
export function attentionBackward(c: AttentionCase, dO: Float64Array) {
  const { d, dv, q, k, v, factor, scale } = c;
  const m = q.length / d;
  const n = v.length / dv;
  const { weights } = attention(c);
  const dWeights = new Float64Array(m * n);
  const dV = new Float64Array(n * dv);
  each(m, n, (i, j, at) => {
    for (let l = 0; l < dv; l++) {
      dWeights[at]! += dO[i * dv + l]! * v[j * dv + l]!;
      dV[j * dv + l]! += weights[at]! * dO[i * dv + l]!;
    }
  });
  const dScores = n ? softmaxBackward(n, dWeights, weights).map((g) => g * factor) : dWeights;
  const dQ = new Float64Array(m * d);
  const dK = new Float64Array(n * d);
  const dScale = new Float64Array(d);
  each(m, n, (i, j, at) => {
    const g = dScores[at]!;
    for (let l = 0; l < d; l++) {
      const [a, b] = [q[i * d + l]!, k[j * d + l]!];
      if (scale) {
        const t = Math.tanh(a + b);
        const slope = g * scale[l]! * (1 - t * t);
        dQ[i * d + l]! += slope;
        dK[j * d + l]! += slope;
        dScale[l]! += g * t;
      } else {
        dQ[i * d + l]! += g * b;
        dK[j * d + l]! += g * a;
      }
    }
  });
  return { dQ, dK, dV, dScale, dScores };
}

function each(m: number, n: number, f: (i: number, j: number, at: number) => void): void {
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) f(i, j, i * n + j);
}
