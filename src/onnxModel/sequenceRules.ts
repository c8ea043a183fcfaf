import { Activation } from '../layers/activation.ts';
import { BatchNorm } from '../layers/batchNorm.ts';
import { Multiply } from '../layers/joinLayers.ts';
import { LayerNorm } from '../layers/layerNorm.ts';
import { AvgPool1d, Conv1d, MaxPool1d, type Padding, Pool } from '../layers/sequenceLayers.ts';
import type { Planned } from '../onnxSession/node.ts';
import type { Value } from '../onnxSession/value.ts';
import { type Fit, type Fitting, type JoinRule, joined, otherInput, type Rule } from './fit.ts';

/** Where channels and steps of [batch, channels, steps] lie; a further dimension of size 1 does not count. */
function channelsFirst(fitting: Fitting, fit: Fit): number {
  const left = fit.axes.flatMap((name, i) => (name === '1' ? [] : [i]));
  if (left.length !== 3 || fit.axes[1] !== 'F')
    fitting.refuse('an input that is no [batch, channels, steps]');
  fitting.steps(fit.axes[left[2]!]);
  return left[2]!;
}

/** An attribute with an integer per spatial dimension, at that of the steps; 1 if it is left out. */
function along(planned: Planned, name: string, time: number): number {
  return planned.ints(name)?.[time - 2] ?? 1;
}

/** Padding before and after the steps as the layers say it. */
function paddingOf(fitting: Fitting, planned: Planned, fit: Fit, time: number, span: number): Padding {
  const auto = planned.text('auto_pad', 'NOTSET');
  const pads = planned.ints('pads');
  const rank = fit.axes.length - 2;
  const of = (i: number) => (auto === 'NOTSET' ? (pads?.[i] ?? 0) : 0);
  const [more, rest] = fit.pad ?? [0, 0];
  const [before, after] = [of(time - 2) + more, of(time - 2 + rank) + rest];
  if (pads?.some((_, i) => of(i) && i % rank !== time - 2))
    return fitting.refuse('padding of other dimensions');
  if (auto === 'SAME_UPPER' && !fit.pad) return 'same';
  if (auto !== 'NOTSET' && auto !== 'VALID') return fitting.refuse(`auto_pad ${auto}`);
  if (before === after) return before || 'valid';
  if (before === span && !after) return 'causal';
  const one = planned.ints('strides')?.every((stride) => stride === 1) ?? true;
  if ((one || span < 2) && before === Math.floor(span / 2) && before + after === span) return 'same';
  return fitting.refuse(`padding [${before}, ${after}]`);
}

const conv: Rule = (fitting, planned, fit) => {
  const time = channelsFirst(fitting, fit);
  const w = planned.inputs[1]!;
  const [weight, bias] = fitting.constants(planned.inputs.slice(1));
  const [O, I, K] = [w.shape[0]!, w.shape[1]!, w.shape[time]!];
  if (w.size !== O * I * K) return fitting.refuse('two spatial dimensions');
  const groups = planned.int('group', 1);
  const dilation = along(planned, 'dilations', time);
  const layer = new Conv1d(I * groups, O, K, {
    stride: along(planned, 'strides', time),
    dilation,
    groups,
    padding: paddingOf(fitting, planned, fit, time, (K - 1) * dilation),
    bias: Boolean(bias),
  });
  fitting.weights(layer, { weight, bias });
  return { node: layer.apply(fit.node), axes: fit.axes };
};

const pool: Rule = (fitting, planned, fit) => {
  const { node } = planned;
  const time = channelsFirst(fitting, fit);
  const size = along(planned, 'kernel_shape', time);
  const others = planned.ints('kernel_shape')?.every((own, i) => own === 1 || i === time - 2);
  const plain = !planned.int('ceil_mode', 0) && (planned.ints('dilations') ?? []).every((own) => own === 1);
  if (!others || !plain || (planned.outputs.length > 1 && node.outputs[1]))
    return fitting.refuse('windows that a layer has not');
  const padding = paddingOf(fitting, planned, fit, time, size - 1);
  if (padding === 'causal') return fitting.refuse('padding before the steps only');
  const opts = { stride: along(planned, 'strides', time), padding };
  if (node.op === 'AveragePool' && planned.int('count_include_pad', 0) && padding !== 'valid')
    return fitting.refuse('padding that counts');
  const layer = node.op === 'MaxPool' ? new MaxPool1d(size, opts) : new AvgPool1d(size, opts);
  return { node: layer.apply(fit.node), axes: fit.axes };
};

/** Zeros before or after the steps, which the convolution behind it adds. */
const pad: Rule = (fitting, planned, fit) => {
  const [value, out] = [planned.inputs[0]!, planned.outputs[0]!];
  const pads = planned.sizes('pads', 1);
  const [, , filled] = planned.inputs;
  const fill = filled ? fitting.number(filled) : planned.float('value', 0);
  const plain = planned.text('mode', 'constant') === 'constant' && fill === 0;
  const time = channelsFirst(fitting, fit);
  const rank = value.shape.length;
  const readers = fitting.all.filter(({ inputs }) => inputs.includes(out));
  const only = Array.from(pads ?? [1]).every((n, i) => n === 0 || (n > 0 && i % rank === time));
  if (
    !plain ||
    !only ||
    planned.inputs[3] ||
    pads?.length !== 2 * rank ||
    !readers.length ||
    !readers.every(({ node }) => node.op === 'Conv')
  )
    return fitting.refuse('padding that is not for convolutions');
  return { ...fit, pad: [pads[time]!, pads[time + rank]!] };
};

const batchNorm: Rule = (fitting, planned, fit) => {
  const [weight, bias, running_mean, running_var] = fitting.constants(planned.inputs.slice(1));
  if (fit.axes[1] !== 'F') return fitting.refuse('not over the features');
  const layer = new BatchNorm(weight!.length, { eps: planned.float('epsilon', 1e-5) });
  fitting.weights(layer, { weight, bias, running_mean, running_var });
  return { ...fit, node: layer.apply(fit.node) };
};

function normalized(fitting: Fitting, fit: Fit, eps: number, weight: Value, bias: Value | undefined): Fit {
  const layer = new LayerNorm(weight.size, { eps, bias: Boolean(bias) });
  fitting.weights(layer, { weight: fitting.data(weight), bias: fitting.data(bias) });
  return { ...fit, node: layer.apply(fit.node), both: false };
}

const layerNorm: Rule = (fitting, planned, fit) => {
  const [, weight, bias] = planned.inputs;
  if (
    fit.axes.at(planned.int('axis', -1)) !== 'F' ||
    fit.axes.at(-1) !== 'F' ||
    !fitting.data(weight) ||
    (bias && !fitting.data(bias))
  )
    return fitting.refuse('not over the features with constant weights');
  return normalized(fitting, fit, planned.float('epsilon', 1e-5), weight!, bias);
};

/** The mean or the largest over all steps, or the layer normalization of older exports. */
const reduce: Rule = (fitting, planned, fit) => {
  const [first, ...others] = planned.sizes('axes', 1) ?? [];
  const axis = first === undefined || others.length ? -1 : planned.axis(first, fit.axes.length);
  if (fit.axes[axis] === 'F' && decomposedNorm(fitting, planned, fit)) return undefined;
  return steps(fitting, planned, fit, axis, planned.int('keepdims', 1) !== 0);
};

/** A layer over all steps. */
function steps(fitting: Fitting, planned: Planned, fit: Fit, axis: number, kept: boolean): Fit {
  fitting.steps(fit.axes[axis]);
  const kind = planned.node.op.includes('Max') ? 'max' : 'mean';
  const axes = kept ? fit.axes.with(axis, '1') : fit.axes.toSpliced(axis, 1);
  return { node: new Pool({ kind }).apply(fit.node), axes };
}

const globalPool: Rule = (fitting, planned, fit) => {
  const time = channelsFirst(fitting, fit);
  return steps(fitting, planned, fit, time, true);
};

/** (x − mean) / √(mean (x − mean)² + ε) · weight + bias, as exports before opset 17 have it. */
function decomposedNorm(fitting: Fitting, planned: Planned, fit: Fit): boolean {
  const chain: Planned[] = [];
  const after = (value: Value | undefined, ...ops: readonly string[]): Value | undefined => {
    const found = fitting.reader(value, ...ops);
    if (found) chain.push(found);
    return found?.outputs[0];
  };
  const other = (of: Value | undefined) => otherInput(chain.at(-1), of);
  const mean = planned.outputs[0]!;
  const centered = after(mean, 'Sub');
  const square = after(centered, 'Pow', 'Mul');
  const variance = after(square, 'ReduceMean');
  const sum = after(variance, 'Add');
  const eps = sum && fitting.number(other(variance));
  const deviation = after(after(sum, 'Sqrt'), 'Div');
  const scaled = after(deviation, 'Mul');
  const weight = scaled && other(deviation);
  if (
    !scaled ||
    eps === undefined ||
    chain[0]!.inputs[0] !== planned.inputs[0] ||
    chain[1]!.inputs[0] !== centered ||
    (chain[1]!.inputs[1] !== centered && fitting.number(chain[1]!.inputs[1]) !== 2) ||
    String(variance!.shape) !== String(mean.shape) ||
    chain[5]!.inputs[0] !== centered
  )
    return false;
  if (!fitting.data(weight) || weight!.size !== planned.inputs[0]!.shape.at(-1)) return false;
  const shifted = after(scaled, 'Add');
  const bias = shifted && other(scaled);
  const both = shifted && fitting.data(bias) && bias!.size === weight!.size;
  if (!both) chain.pop();
  fitting.set(both ? shifted : scaled, normalized(fitting, fit, eps, weight!, both ? bias : undefined));
  fitting.skip([planned, ...chain]);
  return true;
}

/** A product of nodes, x · sigmoid(x), or GELU as exports before opset 20 have it. */
export const multiply: JoinRule = (fitting, planned) => {
  const [a, b] = planned.inputs as [Value, Value];
  for (const [x, gate] of [
    [a, b],
    [b, a],
  ] as const) {
    const made = fitting.all.find(({ node, outputs }) => node.op === 'Sigmoid' && outputs[0] === gate);
    const fit = made && made.inputs[0] === x && fitting.find(x);
    if (fit) return { ...fit, node: new Activation('silu').apply(fit.node) };
  }
  return joined(fitting, planned, new Multiply());
};

/** x/√2 → erf → +1 → ·x → /2. */
export const gelu: Rule = (fitting, planned, fit) => {
  const x = planned.inputs[0]!;
  const chain: (Planned | undefined)[] = [planned];
  for (const op of ['Erf', 'Add', 'Mul', 'Mul']) chain.push(fitting.reader(chain.at(-1)?.outputs[0], op));
  const last = chain.at(-1);
  const other = (i: number) => otherInput(chain[i], chain[i - 1]?.outputs[0]);
  const near = (value: Value | undefined, expected: number) =>
    Math.abs((fitting.number(value) ?? 0) - expected) < 1e-6;
  if (
    !last ||
    !near(planned.inputs[1], Math.SQRT2) ||
    !near(other(2), 1) ||
    other(3) !== x ||
    !near(other(4), 0.5)
  )
    return fitting.refuse('operator Div is no layer');
  fitting.set(last.outputs[0]!, { ...fit, node: new Activation('gelu').apply(fit.node) });
  fitting.skip(chain as Planned[]);
  return undefined;
};

/** Rules of convolutions, pooling and normalizations. */
export const SEQUENCE_RULES: Readonly<Record<string, Rule>> = {
  Conv: conv,
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  Pad: pad,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  ReduceMean: reduce,
  ReduceMax: reduce,
};
