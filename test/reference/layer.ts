import { gemm } from './gemm.ts';
import { columnSums } from './rows.ts';

/** One layer in one direction; G gates: rnn 1, lstm 4 (i f g o), gru 3 (r z n). */
export interface LayerParams {
  inputSize: number;
  hiddenSize: number;
  /** [G·H, I] */
  weightIh: Float64Array;
  /** [G·H, H] */
  weightHh: Float64Array;
  /** [G·H], absent = zeros */
  biasIh?: Float64Array | undefined;
  /** [G·H], absent = zeros */
  biasHh?: Float64Array | undefined;
}

/** Shapes as the tensors they belong to; those of absent biases are given too. */
export interface LayerGradients {
  dX: Float64Array;
  dH0: Float64Array;
  dWeightIh: Float64Array;
  dWeightHh: Float64Array;
  dBiasIh: Float64Array;
  dBiasHh: Float64Array;
}

/** x [rows, k] · weight [n, k]ᵀ: [rows, n]. */
export function project(x: Float64Array, weight: Float64Array, k: number): Float64Array {
  const m = x.length / k;
  const n = weight.length / k;
  const c = new Float64Array(m * n);
  gemm({ m, n, k, a: x, lda: k, ta: false, b: weight, ldb: k, tb: true, beta: 0, c, ldc: n });
  return c;
}

/** dA [rows, n] · weight [n, k]: [rows, k]. */
export function projectBack(dA: Float64Array, weight: Float64Array, k: number): Float64Array {
  const n = weight.length / k;
  const m = dA.length / n;
  const c = new Float64Array(m * k);
  gemm({ m, n: k, k: n, a: dA, lda: n, ta: false, b: weight, ldb: k, tb: false, beta: 0, c, ldc: k });
  return c;
}

/** dA [rows, n]ᵀ · x [rows, k]: [n, k]. */
export function weightGradient(dA: Float64Array, x: Float64Array, n: number, k: number): Float64Array {
  const c = new Float64Array(n * k);
  gemm({ m: n, n: k, k: x.length / k, a: dA, lda: n, ta: true, b: x, ldb: k, tb: false, beta: 0, c, ldc: k });
  return c;
}

/** What follows from dAx and dAh [T, B, G·H], the gradients of x·W_ihᵀ + b_ih and of h·W_hhᵀ + b_hh. */
export function parameterGradients(
  p: LayerParams,
  x: Float64Array,
  hPrevious: Float64Array,
  dAx: Float64Array,
  dAh: Float64Array,
): Omit<LayerGradients, 'dH0'> {
  const { inputSize: I, hiddenSize: H } = p;
  const G = p.weightHh.length / H;
  return {
    dX: projectBack(dAx, p.weightIh, I),
    dWeightIh: weightGradient(dAx, x, G, I),
    dWeightHh: weightGradient(dAh, hPrevious, G, H),
    dBiasIh: columnSums(dAx, G),
    dBiasHh: columnSums(dAh, G),
  };
}
