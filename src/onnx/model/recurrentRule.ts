import type { Layer } from '../../engine/layer.ts';
import { GRU } from '../../layers/gru.ts';
import { LSTM } from '../../layers/lstm.ts';
import type { RecurrentNode } from '../../layers/recurrent/graphRecurrent.ts';
import { RNN } from '../../layers/rnn.ts';
import { GATE_COUNTS } from '../ops/cell.ts';
import { blocks, ORDERS } from '../ops/recurrentData.ts';
import type { Rule } from './fit.ts';

/** A recurrent operator with constant weights, zero initial states and its usual activations. */
export const recurrentRule: Rule = (fitting, planned) => {
  const { node, attributes, inputs, outputs } = planned;
  const op = node.op as keyof typeof GATE_COUNTS;
  const fit = fitting.find(inputs[0]);
  if (!fit) return;
  const [W, R, B] = [1, 2, 3].map((i) => fitting.data(inputs[i]));
  if (!W || !R || (inputs[3] && !B)) return fitting.refuse(planned, 'weights that are no constants');
  if (inputs[4]) return fitting.refuse(planned, 'sequence_lens: forward takes lengths');
  for (const i of [5, 6]) {
    const state = fitting.data(inputs[i]);
    if (inputs[i] && !state?.every((v) => v === 0))
      return fitting.refuse(planned, 'an initial state that is not 0');
  }
  const only = (names: readonly string[]) => names.some((name) => attributes.get(name)?.i);
  if (inputs[7] || attributes.has('clip') || only(['input_forget'])) {
    return fitting.refuse(planned, 'peepholes, clip or input_forget');
  }
  const direction = attributes.get('direction')?.s ?? 'forward';
  if (direction === 'reverse') return fitting.refuse(planned, 'a reverse direction by itself');
  const given = (attributes.get('activations')?.strings ?? []).map((name) => name.toLowerCase());
  const usual = { RNN: ['tanh'], GRU: ['sigmoid', 'tanh'], LSTM: ['sigmoid', 'tanh', 'tanh'] }[op];
  const relu = op === 'RNN' && given.length > 0 && given.every((name) => name === 'relu');
  if (!relu && given.some((name, i) => name !== usual[i % usual.length])) {
    return fitting.refuse(planned, `activations ${given}`);
  }
  const D = direction === 'bidirectional' ? 2 : 1;
  const batchFirst = attributes.get('layout')?.i === 1;
  const [, , I] = inputs[0]!.shape as [number, number, number];
  const H = inputs[2]!.shape[2]!;
  const [a, b, features] = fit.axes as [string, string, string];
  const [time, batch] = batchFirst ? [b, a] : [a, b];
  if (features !== 'F' || fit.half !== undefined)
    return fitting.refuse(planned, 'an input whose last axis is not its features');
  const common = { bidirectional: D === 2, bias: Boolean(B) };
  const layer =
    op === 'LSTM'
      ? new LSTM(I, H, common)
      : op === 'GRU'
        ? new GRU(I, H, { ...common, resetAfter: attributes.get('linear_before_reset')?.i === 1 })
        : new RNN(I, H, { ...common, nonlinearity: relu ? 'relu' : 'tanh' });
  const G = GATE_COUNTS[op];
  const order = ORDERS[G]!;
  const weights: Record<string, { shape: number[]; data: Float32Array }> = {};
  for (let d = 0; d < D; d++) {
    const end = d ? '_l0_reverse' : '_l0';
    weights[`weight_ih${end}`] = { shape: [G * H, I], data: blocks(W, d * G * H * I, H, I, order) };
    weights[`weight_hh${end}`] = { shape: [G * H, H], data: blocks(R, d * G * H * H, H, H, order) };
    if (!B) continue;
    weights[`bias_ih${end}`] = { shape: [G * H], data: blocks(B, 2 * d * G * H, H, 1, order) };
    weights[`bias_hh${end}`] = { shape: [G * H], data: blocks(B, (2 * d + 1) * G * H, H, 1, order) };
  }
  fitting.weights(layer as Layer, weights);
  const made = layer.apply(fit.node);
  const sequence = batchFirst ? [batch, time, 'D', 'F'] : [time, 'D', batch, 'F'];
  const state = batchFirst ? [batch, 'D', 'F'] : ['D', batch, 'F'];
  fitting.set(outputs[0]!, { node: made.output, axes: sequence, both: D === 2 });
  fitting.set(outputs[1]!, { node: made.hN, axes: state });
  if (layer instanceof LSTM)
    fitting.set(outputs[2]!, { node: (made as RecurrentNode<'h' | 'c'>).cN, axes: state });
};
