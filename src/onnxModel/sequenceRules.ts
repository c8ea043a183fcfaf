import { Activation } from '../layers/activation.ts';
import { BatchNorm } from '../layers/batchNorm.ts';
import { Multiply } from '../layers/joinLayers.ts';
import { LayerNorm } from '../layers/layerNorm.ts';
import { AvgPool1d, Conv1d, MaxPool1d, type Padding, Pool } from '../layers/sequenceLayers.ts';
import type { Planned } from '../onnxSession/node.ts';
import type { Value } from '../onnxSession/value.ts';
import type { Fit, Fitting, Rule } from './fit.ts';

/** Where channels and steps of [batch, channels, steps] lie; a further dimension of size 1 does not count. */
function channelsFirst(fitting: Fitting, planned: Planned, fit: Fit): { time: number } {
  const left = fit.axes.flatMap((name, i) => (name === '1' ? [] : [i]));
  if (left.length !== 3 || fit.axes[1] !== 'F' || fit.half !== undefined || fit.axes.includes('D'))
    fitting.refuse(planned, 'an input that is no [batch, channels, steps]');
  return { time: left[2]! };
}

/** An attribute with an integer per spatial dimension, at that of the steps. */
function along({ attributes }: Planned, name: string, time: number, absent: number): number {
  return attributes.get(name)?.ints[time - 2] ?? absent;
}

/** Padding before and after the steps as the layers say it. */
function paddingOf(fitting: Fitting, planned: Planned, fit: Fit, time: number, span: number): Padding {
  const auto = planned.attributes.get('auto_pad')?.s ?? 'NOTSET';
  const pads = planned.attributes.get('pads')?.ints;
  const rank = (planned.inputs[0]?.shape.length ?? 3) - 2;
  const of = (i: number) => (auto === 'NOTSET' ? (pads?.[i] ?? 0) : 0);
  const [more, rest] = fit.pad ?? [0, 0];
  const [before, after] = [of(time - 2) + more, of(time - 2 + rank) + rest];
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== time - 2);
  if (others.some((i) => of(i) || of(i + rank)))
    return fitting.refuse(planned, 'padding of other dimensions');
  if (auto === 'SAME_UPPER' && !fit.pad) return 'same';
  if (auto !== 'NOTSET' && auto !== 'VALID') return fitting.refuse(planned, `auto_pad ${auto}`);
  if (before === after) return before || 'valid';
  if (before === span && !after) return 'causal';
  const one = planned.attributes.get('strides')?.ints.every((stride) => stride === 1) ?? true;
  if (one && before === Math.floor(span / 2) && before + after === span) return 'same';
  return fitting.refuse(planned, `padding [${before}, ${after}]`);
}

const conv: Rule = (fitting, planned) => {
  const fit = fitting.find(planned.inputs[0]);
  if (!fit) return;
  const { time } = channelsFirst(fitting, planned, fit);
  const w = planned.inputs[1]!;
  const [data, bias] = [fitting.data(w), fitting.data(planned.inputs[2])];
  if (!data || (planned.inputs[2] && !bias)) return fitting.refuse(planned, 'weights that are no constants');
  const [O, I, K] = [w.shape[0]!, w.shape[1]!, w.shape[time]!];
  if (w.size !== O * I * K) return fitting.refuse(planned, 'two spatial dimensions');
  const groups = planned.attributes.get('group')?.i ?? 1;
  const dilation = along(planned, 'dilations', time, 1);
  const layer = new Conv1d(I * groups, O, K, {
    stride: along(planned, 'strides', time, 1),
    dilation,
    groups,
    padding: paddingOf(fitting, planned, fit, time, (K - 1) * dilation),
    bias: Boolean(bias),
  });
  fitting.weights(layer, {
    weight: { shape: [O, I, K], data: data as Float32Array },
    ...(bias ? { bias: { shape: [O], data: bias as Float32Array } } : {}),
  });
  fitting.set(planned.outputs[0]!, { node: layer.apply(fit.node), axes: fit.axes, time: fit.axes[time] });
};

const pool: Rule = (fitting, planned) => {
  const fit = fitting.find(planned.inputs[0]);
  if (!fit) return;
  const { attributes, node } = planned;
  const { time } = channelsFirst(fitting, planned, fit);
  const size = along(planned, 'kernel_shape', time, 1);
  const number = (name: string) => attributes.get(name)?.i;
  const whole = attributes.get('kernel_shape')?.ints.every((own, i) => own === 1 || i === time - 2);
  const plain = !number('ceil_mode') && (attributes.get('dilations')?.ints ?? []).every((own) => own === 1);
  if (!whole || !plain || (planned.outputs.length > 1 && node.outputs[1]))
    return fitting.refuse(planned, 'windows that a layer has not');
  const padding = paddingOf(fitting, planned, fit, time, size - 1);
  if (padding === 'causal') return fitting.refuse(planned, 'padding before the steps only');
  const opts = { stride: along(planned, 'strides', time, 1), padding };
  if (node.op === 'AveragePool' && number('count_include_pad') && padding !== 'valid')
    return fitting.refuse(planned, 'padding that counts');
  const layer = node.op === 'MaxPool' ? new MaxPool1d(size, opts) : new AvgPool1d(size, opts);
  fitting.set(planned.outputs[0]!, { node: layer.apply(fit.node), axes: fit.axes, time: fit.axes[time] });
};

/** Zeros before or after the steps, which the convolution behind it adds. */
const pad: Rule = (fitting, planned, all) => {
  const [value, out] = [planned.inputs[0]!, planned.outputs[0]!];
  const fit = fitting.find(value);
  if (!fit) return;
  const pads = planned.attributes.get('pads')?.ints ?? fitting.data(planned.inputs[1]);
  const fill = fitting.data(planned.inputs[2])?.[0] ?? planned.attributes.get('value')?.f ?? 0;
  const plain = (planned.attributes.get('mode')?.s ?? 'constant') === 'constant' && fill === 0;
  const { time } = channelsFirst(fitting, planned, fit);
  const rank = value.shape.length;
  const readers = all.filter(({ inputs }) => inputs.includes(out));
  const only = Array.from(pads ?? [1]).every((n, i) => n === 0 || (n > 0 && i % rank === time));
  if (
    !plain ||
    !only ||
    planned.inputs[3] ||
    pads?.length !== 2 * rank ||
    !readers.every(({ node }) => node.op === 'Conv')
  )
    return fitting.refuse(planned, 'padding that is not for convolutions');
  fitting.set(out, { ...fit, pad: [pads[time]!, pads[time + rank]!] });
};

const batchNorm: Rule = (fitting, planned) => {
  const [x, ...given] = planned.inputs;
  const fit = fitting.find(x);
  if (!fit) return;
  const data = given.map((value) => fitting.data(value));
  if (data.length !== 4 || data.some((own) => !own))
    return fitting.refuse(planned, 'weights that are no constants');
  if (fit.axes[1] !== 'F' || fit.half !== undefined || fit.axes.includes('D'))
    return fitting.refuse(planned, 'not over the features');
  const size = data[0]!.length;
  const layer = new BatchNorm(size, { eps: planned.attributes.get('epsilon')?.f ?? 1e-5 });
  const names = ['weight', 'bias', 'running_mean', 'running_var'];
  fitting.weights(
    layer,
    Object.fromEntries(names.map((name, i) => [name, { shape: [size], data: data[i] as Float32Array }])),
  );
  fitting.set(planned.outputs[0]!, { ...fit, node: layer.apply(fit.node) });
};

function addLayerNorm(
  fitting: Fitting,
  fit: Fit,
  out: Value,
  eps: number,
  weight: Value,
  bias: Value | undefined,
): void {
  const layer = new LayerNorm(weight.size, { eps, bias: Boolean(bias) });
  const one = (value: Value) => ({ shape: [value.size], data: fitting.data(value) as Float32Array });
  fitting.weights(layer, { weight: one(weight), ...(bias ? { bias: one(bias) } : {}) });
  fitting.set(out, { ...fit, node: layer.apply(fit.node), both: false });
}

const layerNorm: Rule = (fitting, planned) => {
  const [x, weight, bias] = planned.inputs;
  const fit = fitting.find(x);
  if (!fit) return;
  const axis = planned.attributes.get('axis')?.i ?? -1;
  const last = axis === -1 || axis === x!.shape.length - 1;
  if (
    !last ||
    fit.axes.at(-1) !== 'F' ||
    fit.half !== undefined ||
    !fitting.data(weight) ||
    (bias && !fitting.data(bias))
  )
    return fitting.refuse(planned, 'not over the features with constant weights');
  addLayerNorm(
    fitting,
    fit,
    planned.outputs[0]!,
    planned.attributes.get('epsilon')?.f ?? 1e-5,
    weight!,
    bias,
  );
};

/** The mean or the largest over all steps, or the layer normalization of older exports. */
const reduce: Rule = (fitting, planned, all) => {
  const [value, out] = [planned.inputs[0]!, planned.outputs[0]!];
  const fit = fitting.find(value);
  if (!fit) return;
  const given = planned.attributes.get('axes')?.ints ?? fitting.data(planned.inputs[1]) ?? [];
  const axes = Array.from(given, (axis) => (axis < 0 ? axis + value.shape.length : axis));
  const axis = axes[0]!;
  const name = fit.axes[axis];
  if (axes.length === 1 && name === 'F' && decomposedNorm(fitting, planned, all, fit)) return;
  const kept = planned.attributes.get('keepdims')?.i ?? 1;
  steps(fitting, planned, fit, axes.length === 1 ? axis : -1, Boolean(kept), out);
};

/** A layer over all steps. */
function steps(fitting: Fitting, planned: Planned, fit: Fit, axis: number, kept: boolean, out: Value): void {
  if (
    fit.time === undefined ||
    fit.axes[axis] !== fit.time ||
    fit.half !== undefined ||
    fit.axes.includes('D')
  )
    fitting.refuse(planned, 'not over the steps');
  const kind = planned.node.op.endsWith('Max') || planned.node.op === 'GlobalMaxPool' ? 'max' : 'mean';
  const axes = kept ? fit.axes.with(axis, '1') : fit.axes.toSpliced(axis, 1);
  fitting.set(out, { node: new Pool({ kind }).apply(fit.node), axes });
}

const globalPool: Rule = (fitting, planned) => {
  const fit = fitting.find(planned.inputs[0]);
  if (!fit) return;
  const { time } = channelsFirst(fitting, planned, fit);
  steps(fitting, planned, { ...fit, time: fit.axes[time] }, time, true, planned.outputs[0]!);
};

/** (x − mean) / √(mean (x − mean)² + ε) · weight + bias, as exports before opset 17 have it. */
function decomposedNorm(fitting: Fitting, planned: Planned, all: readonly Planned[], fit: Fit): boolean {
  const chain: Planned[] = [];
  const after = (value: Value | undefined, ops: readonly string[]): Value | undefined => {
    const found = value && all.find(({ node, inputs }) => ops.includes(node.op) && inputs.includes(value));
    if (found) chain.push(found);
    return found?.outputs[0];
  };
  const other = (of: Value | undefined) => chain.at(-1)!.inputs.find((value) => value !== of);
  const constant = (value: Value | undefined) => fitting.data(value)?.[0];
  const mean = planned.outputs[0]!;
  const centered = after(mean, ['Sub']);
  const square = after(centered, ['Pow', 'Mul']);
  const variance = after(square, ['ReduceMean']);
  const sum = after(variance, ['Add']);
  const eps = sum && constant(other(variance));
  const deviation = after(after(sum, ['Sqrt']) && chain.at(-1)!.outputs[0], ['Div']);
  const scaled = after(deviation, ['Mul']);
  const weight = scaled && other(deviation);
  if (
    !scaled ||
    eps === undefined ||
    chain[0]!.inputs[0] !== planned.inputs[0] ||
    !chain[5]!.inputs.includes(centered!)
  )
    return false;
  if (!fitting.data(weight) || weight!.size !== planned.inputs[0]!.shape.at(-1)) return false;
  const shifted = after(scaled, ['Add']);
  const bias = shifted && other(scaled);
  const whole = shifted && fitting.data(bias) && bias!.size === weight!.size;
  addLayerNorm(fitting, fit, whole ? shifted : scaled, eps, weight!, whole ? bias : undefined);
  fitting.skip([planned, ...chain]);
  return true;
}

/** A product of nodes, x · sigmoid(x), or GELU as exports before opset 20 have it. */
const multiply: Rule = (fitting, planned, all) => {
  const [a, b] = planned.inputs as [Value, Value];
  const out = planned.outputs[0]!;
  for (const [x, gate] of [
    [a, b],
    [b, a],
  ] as const) {
    const made = all.find(({ node, outputs }) => node.op === 'Sigmoid' && outputs[0] === gate);
    const fit = made && made.inputs[0] === x && fitting.find(x);
    if (fit) return fitting.set(out, { ...fit, node: new Activation('silu').apply(fit.node) });
  }
  const [p, q] = [fitting.find(a), fitting.find(b)];
  if (!p && !q) return;
  const whole = (fit: Fit | undefined) => fit && fit.half === undefined && !fit.axes.includes('D');
  if (!whole(p) || !whole(q) || String(p!.axes) !== String(q!.axes))
    return fitting.refuse(planned, 'a constant, or axes in another order');
  fitting.set(out, { node: new Multiply().apply(p!.node, q!.node), axes: p!.axes, time: p!.time ?? q!.time });
};

/** x/√2 → erf → +1 → ·x → /2. */
const gelu: Rule = (fitting, planned, all) => {
  const x = planned.inputs[0]!;
  const fit = fitting.find(x);
  if (!fit) return;
  const chain = [planned];
  for (const op of ['Erf', 'Add', 'Mul', 'Mul']) {
    const from = chain.at(-1)!.outputs[0]!;
    const next = all.find(({ node, inputs }) => node.op === op && inputs.includes(from));
    if (!next) return fitting.refuse(planned, 'operator Div is no layer');
    chain.push(next);
  }
  const other = (i: number) => chain[i]!.inputs.find((value) => value !== chain[i - 1]!.outputs[0]);
  const near = (value: Value | undefined, expected: number) =>
    Math.abs((fitting.data(value)?.[0] ?? 0) - expected) < 1e-6;
  if (!near(planned.inputs[1], Math.SQRT2) || !near(other(2), 1) || other(3) !== x || !near(other(4), 0.5))
    return fitting.refuse(planned, 'operator Div is no layer');
  fitting.set(chain.at(-1)!.outputs[0]!, { ...fit, node: new Activation('gelu').apply(fit.node) });
  fitting.skip(chain);
};

/** Rules of convolutions, pooling, normalizations and products. */
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
  Mul: multiply,
  Div: gelu,
};
