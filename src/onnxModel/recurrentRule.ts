import { ACTIVATIONS, type ActivationName } from '../activationTable.ts';
import type { Layer } from '../engine/layer.ts';
import type { TensorData } from '../formats/onnx/tensor.ts';
import { GRU } from '../layers/gru.ts';
import { LSTM } from '../layers/lstm.ts';
import type { RecurrentNode } from '../layers/recurrent/graphRecurrent.ts';
import { RNN } from '../layers/rnn.ts';
import { Reverse } from '../layers/sequenceLayers.ts';
import { gatesOf } from '../onnxOperators/gates.ts';
import type { Planned } from '../onnxSession/node.ts';
import { blocks, GATE_COUNTS, ORDERS, USUAL } from '../onnxSession/ops/recurrentData.ts';
import type { Fitting, Rule } from './fit.ts';

/** The activations of gates and of what goes through them, the same in both directions. */
function gateNames(fitting: Fitting, planned: Planned, op: keyof typeof USUAL, D: number) {
  const gates = gatesOf(planned, USUAL[op], D);
  const all = gates.map(({ name, alpha, beta }) => {
    const own = ACTIVATIONS[name as ActivationName] ?? {};
    return { name, ...('alpha' in own && { alpha }), ...('beta' in own && { beta }) } as Gate;
  });
  const n = all.length / D;
  const [first, inner] = [all[0]!, all[n - 1]!];
  const usual = all.every(({ name }, i) => name === USUAL[op][i % n]!.toLowerCase());
  const fits = all.every(
    (gate, i) =>
      JSON.stringify(gate) === JSON.stringify(i % n ? inner : first) &&
      // ThresholdedRelu is no activation of layers
      Object.hasOwn(ACTIVATIONS, gate.name),
  );
  if (!fits) fitting.refuse(`activations ${all.map(({ name }) => name)}`);
  return { activation: inner, recurrentActivation: first, usual };
}

/** An activation of a layer with the numbers it has. */
type Gate = { readonly name: ActivationName; readonly alpha?: number; readonly beta?: number };

/** A recurrent operator with constant weights, zero initial states and its usual activations. */
export const recurrentRule: Rule = (fitting, planned, fit) => {
  const { node, inputs, outputs } = planned;
  const op = node.op as keyof typeof GATE_COUNTS;
  const [W, R, B] = fitting.constants(inputs.slice(1, 4));
  if (inputs[4]) return fitting.refuse('sequence_lens: forward takes lengths');
  for (const i of [5, 6]) {
    const state = fitting.data(inputs[i]);
    if (inputs[i] && !state?.every((v) => v === 0)) return fitting.refuse('an initial state that is not 0');
  }
  if (planned.int('input_forget', 0)) return fitting.refuse('input_forget');
  const P = fitting.data(inputs[7]);
  if (inputs[7] && !P) return fitting.refuse('peepholes that are no constants');
  const direction = planned.text('direction', 'forward');
  const D = direction === 'bidirectional' ? 2 : 1;
  const batchFirst = planned.int('layout', 0) === 1;
  const [, , I] = inputs[0]!.shape as [number, number, number];
  const H = inputs[2]!.shape[2]!;
  const [a, b, features] = fit.axes as [string, string, string];
  const [time, batch] = batchFirst ? [b, a] : [a, b];
  if (features !== 'F') return fitting.refuse('not over the features');
  fitting.steps(time);
  const clip = planned.float('clip', 0);
  const common = { bidirectional: D === 2, bias: Boolean(B), ...(clip ? { clip } : {}) };
  const { activation, recurrentActivation, usual } = gateNames(fitting, planned, op, D);
  const gated = usual ? common : { ...common, activation, recurrentActivation };
  const relu = activation.name === 'relu';
  if (op === 'RNN' && !relu && activation.name !== 'tanh')
    return fitting.refuse(`activation ${activation.name}`);
  const layer =
    op === 'LSTM'
      ? new LSTM(I, H, { ...gated, peephole: Boolean(P) })
      : op === 'GRU'
        ? new GRU(I, H, {
            ...gated,
            resetAfter: planned.int('linear_before_reset', 0) === 1,
          })
        : new RNN(I, H, { ...common, nonlinearity: relu ? 'relu' : 'tanh' });
  const G = GATE_COUNTS[op];
  const order = ORDERS[G]!;
  const weights: Record<string, TensorData> = {};
  for (let d = 0; d < D; d++) {
    const end = d ? '_l0_reverse' : '_l0';
    weights[`weight_ih${end}`] = blocks(W!, d * G * H * I, H, I, order);
    weights[`weight_hh${end}`] = blocks(R!, d * G * H * H, H, H, order);
    for (const [k, gate] of P ? ['i', 'o', 'f'].entries() : [])
      weights[`weight_c${gate}${end}`] = blocks(P!, 3 * d * H, H, 1, [k]);
    if (!B) continue;
    weights[`bias_ih${end}`] = blocks(B, 2 * d * G * H, H, 1, order);
    weights[`bias_hh${end}`] = blocks(B, (2 * d + 1) * G * H, H, 1, order);
  }
  fitting.weights(layer as Layer, weights);
  // the other direction by itself
  const turned = direction === 'reverse';
  const made = layer.apply(turned ? new Reverse().apply(fit.node) : fit.node);
  const output = turned ? new Reverse().apply(made.output) : made.output;
  const sequence = batchFirst ? [batch, time, 'D', 'F'] : [time, 'D', batch, 'F'];
  const state = batchFirst ? [batch, 'D', 'F'] : ['D', batch, 'F'];
  fitting.set(outputs[1]!, { node: made.hN, axes: state });
  if (layer instanceof LSTM)
    fitting.set(outputs[2]!, { node: (made as RecurrentNode<'h' | 'c'>).cN, axes: state });
  return { node: output, axes: sequence, both: D === 2 };
};
