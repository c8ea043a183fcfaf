import { type LayerGradients, type LayerParams, parameterGradients, project, projectBack } from './layer.ts';
import { sigmoid, tanh } from './math.ts';
import { addBias, previous } from './rows.ts';

export interface GruSaved {
  /** [T, B, I] */
  x: Float64Array;
  /** [B, H] */
  h0: Float64Array;
  /** [T, B, 3H]: r, z, n after their activations */
  gates: Float64Array;
  /** [T, B, H]: h_{t-1}·W_hnᵀ + b_hn, before r multiplies it */
  q: Float64Array;
  /** [T, B, H] */
  h: Float64Array;
}

export interface GruForward {
  /** [T, B, H] */
  output: Float64Array;
  /** [B, H] */
  hN: Float64Array;
  saved: GruSaved;
}

/** n = tanh(x·W_inᵀ + b_in + r⊙q), h_t = (1 − z)⊙n + z⊙h_{t-1}. x [T, B, I], h0 [B, H]. */
export function forward(p: LayerParams, x: Float64Array, h0: Float64Array): GruForward {
  const { inputSize: I, hiddenSize: H } = p;
  const step = h0.length;
  const gates = project(x, p.weightIh, I);
  addBias(gates, p.biasIh);
  const q = new Float64Array(gates.length / 3);
  const h = new Float64Array(gates.length / 3);
  let last = h0;
  for (let at = 0; at < h.length; at += step) {
    const recurrent = project(last, p.weightHh, H);
    addBias(recurrent, p.biasHh);
    for (let j = 0; j < step; j++) {
      const row = Math.floor(j / H) * 3 * H + (j % H);
      const g0 = at * 3 + row;
      const r = sigmoid(gates[g0]! + recurrent[row]!);
      const z = sigmoid(gates[g0 + H]! + recurrent[row + H]!);
      q[at + j] = recurrent[row + 2 * H]!;
      const n = tanh(gates[g0 + 2 * H]! + r * q[at + j]!);
      gates[g0] = r;
      gates[g0 + H] = z;
      gates[g0 + 2 * H] = n;
      h[at + j] = (1 - z) * n + z * last[j]!;
    }
    last = h.subarray(at, at + step);
  }
  return { output: h.slice(), hN: last.slice(), saved: { x, h0, gates, q, h } };
}

/** dOutput [T, B, H], dHN [B, H]. */
export function backward(
  p: LayerParams,
  saved: GruSaved,
  dOutput: Float64Array,
  dHN: Float64Array,
): LayerGradients {
  const { x, h0, gates, q, h } = saved;
  const H = p.hiddenSize;
  const step = h0.length;
  const hPrevious = previous(h0, h);
  const dAx = new Float64Array(gates.length);
  const dAh = new Float64Array(gates.length);
  let dh: Float64Array = dHN.slice();
  for (let at = h.length - step; at >= 0; at -= step) {
    const direct = new Float64Array(step);
    for (let j = 0; j < step; j++) {
      const g0 = at * 3 + Math.floor(j / H) * 3 * H + (j % H);
      const r = gates[g0]!;
      const z = gates[g0 + H]!;
      const n = gates[g0 + 2 * H]!;
      const dhNow = dh[j]! + dOutput[at + j]!;
      const dN = dhNow * (1 - z) * (1 - n * n);
      const dR = dN * q[at + j]! * r * (1 - r);
      const dZ = dhNow * (hPrevious[at + j]! - n) * z * (1 - z);
      dAx[g0] = dR;
      dAx[g0 + H] = dZ;
      dAx[g0 + 2 * H] = dN;
      dAh[g0] = dR;
      dAh[g0 + H] = dZ;
      dAh[g0 + 2 * H] = dN * r;
      direct[j] = dhNow * z;
    }
    dh = projectBack(dAh.subarray(at * 3, (at + step) * 3), p.weightHh, H);
    for (let j = 0; j < step; j++) dh[j]! += direct[j]!;
  }
  return { ...parameterGradients(p, x, hPrevious, dAx, dAh), dH0: dh };
}
