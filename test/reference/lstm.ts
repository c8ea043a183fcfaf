import { type LayerGradients, type LayerParams, parameterGradients, project, projectBack } from './layer.ts';
import { sigmoid, tanh } from './math.ts';
import { addBias, previous } from './rows.ts';

export interface LstmSaved {
  /** [T, B, I] */
  x: Float64Array;
  /** [B, H] */
  h0: Float64Array;
  /** [B, H] */
  c0: Float64Array;
  /** [T, B, 4H]: i, f, g, o after their activations */
  gates: Float64Array;
  /** [T, B, H] */
  c: Float64Array;
  /** [T, B, H] */
  h: Float64Array;
}

export interface LstmForward {
  /** [T, B, H] */
  output: Float64Array;
  /** [B, H] */
  hN: Float64Array;
  /** [B, H] */
  cN: Float64Array;
  saved: LstmSaved;
}

export interface LstmGradients extends LayerGradients {
  /** [B, H] */
  dC0: Float64Array;
}

/** c_t = f⊙c_{t-1} + i⊙g, h_t = o⊙tanh(c_t). x [T, B, I], h0 and c0 [B, H]. */
export function forward(p: LayerParams, x: Float64Array, h0: Float64Array, c0: Float64Array): LstmForward {
  const { inputSize: I, hiddenSize: H } = p;
  const step = h0.length;
  const gates = project(x, p.weightIh, I);
  addBias(gates, p.biasIh);
  addBias(gates, p.biasHh);
  const c = new Float64Array(gates.length / 4);
  const h = new Float64Array(gates.length / 4);
  let hLast = h0;
  let cLast = c0;
  for (let at = 0; at < h.length; at += step) {
    const recurrent = project(hLast, p.weightHh, H);
    for (let j = 0; j < step; j++) {
      const row = Math.floor(j / H) * 4 * H + (j % H);
      const g0 = at * 4 + row;
      const i = sigmoid(gates[g0]! + recurrent[row]!);
      const f = sigmoid(gates[g0 + H]! + recurrent[row + H]!);
      const g = tanh(gates[g0 + 2 * H]! + recurrent[row + 2 * H]!);
      const o = sigmoid(gates[g0 + 3 * H]! + recurrent[row + 3 * H]!);
      gates[g0] = i;
      gates[g0 + H] = f;
      gates[g0 + 2 * H] = g;
      gates[g0 + 3 * H] = o;
      c[at + j] = f * cLast[j]! + i * g;
      h[at + j] = o * tanh(c[at + j]!);
    }
    hLast = h.subarray(at, at + step);
    cLast = c.subarray(at, at + step);
  }
  return { output: h.slice(), hN: hLast.slice(), cN: cLast.slice(), saved: { x, h0, c0, gates, c, h } };
}

/** dOutput [T, B, H], dHN and dCN [B, H]. */
export function backward(
  p: LayerParams,
  saved: LstmSaved,
  dOutput: Float64Array,
  dHN: Float64Array,
  dCN: Float64Array,
): LstmGradients {
  const { x, h0, c0, gates, c, h } = saved;
  const H = p.hiddenSize;
  const step = h0.length;
  const cPrevious = previous(c0, c);
  const dA = new Float64Array(gates.length);
  const dc = dCN.slice();
  let dh: Float64Array = dHN.slice();
  for (let at = h.length - step; at >= 0; at -= step) {
    for (let j = 0; j < step; j++) {
      const g0 = at * 4 + Math.floor(j / H) * 4 * H + (j % H);
      const i = gates[g0]!;
      const f = gates[g0 + H]!;
      const g = gates[g0 + 2 * H]!;
      const o = gates[g0 + 3 * H]!;
      const tanhC = tanh(c[at + j]!);
      const dhNow = dh[j]! + dOutput[at + j]!;
      const dcNow = dc[j]! + dhNow * o * (1 - tanhC * tanhC);
      dA[g0] = dcNow * g * i * (1 - i);
      dA[g0 + H] = dcNow * cPrevious[at + j]! * f * (1 - f);
      dA[g0 + 2 * H] = dcNow * i * (1 - g * g);
      dA[g0 + 3 * H] = dhNow * tanhC * o * (1 - o);
      dc[j] = dcNow * f;
    }
    dh = projectBack(dA.subarray(at * 4, (at + step) * 4), p.weightHh, H);
  }
  return { ...parameterGradients(p, x, previous(h0, h), dA, dA), dH0: dh, dC0: dc };
}
