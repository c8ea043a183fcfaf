import { type LayerGradients, type LayerParams, parameterGradients, project, projectBack } from './layer.ts';
import { tanh } from './math.ts';
import { addBias, previous } from './rows.ts';

export interface RnnParams extends LayerParams {
  /** Default tanh. */
  nonlinearity?: 'tanh' | 'relu' | undefined;
}

export interface RnnSaved {
  /** [T, B, I] */
  x: Float64Array;
  /** [B, H] */
  h0: Float64Array;
  /** [T, B, H] */
  h: Float64Array;
}

export interface RnnForward {
  /** [T, B, H] */
  output: Float64Array;
  /** [B, H] */
  hN: Float64Array;
  saved: RnnSaved;
}

/** h_t = φ(x_t·W_ihᵀ + b_ih + h_{t-1}·W_hhᵀ + b_hh). x [T, B, I], h0 [B, H]. */
export function forward(p: RnnParams, x: Float64Array, h0: Float64Array): RnnForward {
  const H = p.hiddenSize;
  const step = h0.length;
  const h = project(x, p.weightIh, p.inputSize);
  addBias(h, p.biasIh);
  addBias(h, p.biasHh);
  let last = h0;
  for (let at = 0; at < h.length; at += step) {
    const recurrent = project(last, p.weightHh, H);
    for (let j = 0; j < step; j++) {
      const a = h[at + j]! + recurrent[j]!;
      h[at + j] = p.nonlinearity === 'relu' ? Math.max(a, 0) : tanh(a);
    }
    last = h.subarray(at, at + step);
  }
  return { output: h.slice(), hN: last.slice(), saved: { x, h0, h } };
}

/** dOutput [T, B, H], dHN [B, H]. The slope of relu at 0 is 0. */
export function backward(
  p: RnnParams,
  saved: RnnSaved,
  dOutput: Float64Array,
  dHN: Float64Array,
): LayerGradients {
  const { x, h0, h } = saved;
  const step = h0.length;
  const dA = new Float64Array(h.length);
  let dh: Float64Array = dHN.slice();
  for (let at = h.length - step; at >= 0; at -= step) {
    for (let j = 0; j < step; j++) {
      const y = h[at + j]!;
      const slope = p.nonlinearity === 'relu' ? (y > 0 ? 1 : 0) : 1 - y * y;
      dA[at + j] = (dh[j]! + dOutput[at + j]!) * slope;
    }
    dh = projectBack(dA.subarray(at, at + step), p.weightHh, p.hiddenSize);
  }
  return { ...parameterGradients(p, x, previous(h0, h), dA, dA), dH0: dh };
}
