import * as gru from './gru.ts';
import type { LayerGradients, LayerParams } from './layer.ts';
import * as lstm from './lstm.ts';
import * as rnn from './rnn.ts';

export type CellName = 'rnn' | 'lstm' | 'gru';
export type Tensors = Record<string, Float64Array>;

export interface StackConfig {
  batch: number;
  inputSize: number;
  hiddenSize: number;
  /** Default 1. */
  numLayers?: number | undefined;
  /** rnn only; default tanh. */
  nonlinearity?: 'tanh' | 'relu' | undefined;
}

type LayerBackward = (
  dOutput: Float64Array,
  dHN: Float64Array,
  dCN: Float64Array,
) => LayerGradients & { dC0?: Float64Array };

export interface StackSaved {
  cell: CellName;
  /** Whether the gradients of biases are wanted. */
  bias: boolean;
  /** One for each layer, the first layer first. */
  layers: LayerBackward[];
}

export interface StackForward {
  /** [T, B, H] */
  output: Float64Array;
  /** [L, B, H] */
  hN: Float64Array;
  /** [L, B, H]; zeros unless the cell is lstm */
  cN: Float64Array;
  saved: StackSaved;
}

export interface StackGradients {
  /** [T, B, I] */
  dInput: Float64Array;
  /** [L, B, H] */
  dH0: Float64Array;
  /** [L, B, H]; zeros unless the cell is lstm */
  dC0: Float64Array;
  /** By the parameters' names. */
  gradients: Tensors;
}

/** `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `weight_ih_l1`, …; no biases = names absent. */
export function runStack(
  cell: CellName,
  config: StackConfig,
  params: Tensors,
  input: Float64Array,
  h0?: Float64Array,
  c0?: Float64Array,
): StackForward {
  const { batch, inputSize, hiddenSize, numLayers = 1, nonlinearity } = config;
  const step = batch * hiddenSize;
  const hN = new Float64Array(numLayers * step);
  const cN = new Float64Array(numLayers * step);
  const layers: LayerBackward[] = [];
  let x = input;
  for (let l = 0; l < numLayers; l++) {
    const p: LayerParams = {
      inputSize: l === 0 ? inputSize : hiddenSize,
      hiddenSize,
      weightIh: params[`weight_ih_l${l}`]!,
      weightHh: params[`weight_hh_l${l}`]!,
      biasIh: params[`bias_ih_l${l}`],
      biasHh: params[`bias_hh_l${l}`],
    };
    const at = l * step;
    const h = h0 ? h0.slice(at, at + step) : new Float64Array(step);
    const c = c0 ? c0.slice(at, at + step) : new Float64Array(step);
    if (cell === 'lstm') {
      const { output, hN: hLast, cN: cLast, saved } = lstm.forward(p, x, h, c);
      layers.push((dOutput, dHN, dCN) => lstm.backward(p, saved, dOutput, dHN, dCN));
      hN.set(hLast, at);
      cN.set(cLast, at);
      x = output;
    } else if (cell === 'gru') {
      const { output, hN: hLast, saved } = gru.forward(p, x, h);
      layers.push((dOutput, dHN) => gru.backward(p, saved, dOutput, dHN));
      hN.set(hLast, at);
      x = output;
    } else {
      const q: rnn.RnnParams = { ...p, nonlinearity };
      const { output, hN: hLast, saved } = rnn.forward(q, x, h);
      layers.push((dOutput, dHN) => rnn.backward(q, saved, dOutput, dHN));
      hN.set(hLast, at);
      x = output;
    }
  }
  return { output: x, hN, cN, saved: { cell, bias: params.bias_ih_l0 !== undefined, layers } };
}

/** dOutput [T, B, H]; dHN and dCN [L, B, H], absent = zeros. */
export function backwardStack(
  config: StackConfig,
  saved: StackSaved,
  dOutput: Float64Array,
  dHN?: Float64Array,
  dCN?: Float64Array,
): StackGradients {
  const step = config.batch * config.hiddenSize;
  const count = saved.layers.length;
  const dH0 = new Float64Array(count * step);
  const dC0 = new Float64Array(count * step);
  const gradients: Tensors = {};
  let dY = dOutput;
  for (let l = count - 1; l >= 0; l--) {
    const at = l * step;
    const dh = dHN ? dHN.slice(at, at + step) : new Float64Array(step);
    const dc = dCN ? dCN.slice(at, at + step) : new Float64Array(step);
    const g = saved.layers[l]!(dY, dh, dc);
    gradients[`weight_ih_l${l}`] = g.dWeightIh;
    gradients[`weight_hh_l${l}`] = g.dWeightHh;
    if (saved.bias) {
      gradients[`bias_ih_l${l}`] = g.dBiasIh;
      gradients[`bias_hh_l${l}`] = g.dBiasHh;
    }
    dH0.set(g.dH0, at);
    if (g.dC0) dC0.set(g.dC0, at);
    dY = g.dX;
  }
  return { dInput: dY, dH0, dC0, gradients };
}
