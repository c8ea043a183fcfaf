import type { ActivationName } from '../activationTable.ts';
import { isFloat } from '../formats/onnx/tensor.ts';
import { Activation } from '../layers/activation.ts';
import { Embedding } from '../layers/graph/embedding.ts';
import { LastStep } from '../layers/graph/lastStep.ts';
import { Linear } from '../layers/graph/linear.ts';
import { Add, Concat } from '../layers/joinLayers.ts';
import { Reverse } from '../layers/sequenceLayers.ts';
import type { Planned } from '../onnxSession/node.ts';
import { transposed } from '../onnxSession/ops/matmul.ts';
import { type Fit, type Fitting, type JoinRule, joined, otherInput, type Rule } from './fit.ts';
import { recurrentRule } from './recurrentRule.ts';
import { gelu, multiply, SEQUENCE_RULES } from './sequenceRules.ts';

const transpose: Rule = (_, planned, fit) => {
  const perm = planned.ints('perm') ?? fit.axes.map((_, i) => fit.axes.length - 1 - i);
  return { ...fit, axes: perm.map((i) => fit.axes[i]!) };
};

/** Axes of size 1 come and go; directions and features next to each other become features. */
const reshape: Rule = (fitting, planned, fit) => {
  const [value, out] = [planned.inputs[0]!, planned.outputs[0]!];
  if (isFloat(value.dtype) && !isFloat(out.dtype)) fitting.refuse('a cast to integers');
  let left = fit.axes.map((name, i) => ({ name, size: value.shape[i]! }));
  const d = left.findIndex(({ name }) => name === 'D');
  const single = d >= 0 && left[d]!.size === 1;
  if (d >= 0 && !single && left[d + 1]?.name === 'F' && out.shape.at(-1) === 2 * left[d + 1]!.size) {
    left = left.toSpliced(d, 2, { name: 'F', size: 2 * left[d + 1]!.size });
  }
  const axes: string[] = [];
  for (const size of out.shape) {
    while (left[0] && left[0].size !== size && left[0].size === 1) left.shift();
    // of two axes of size 1 that of the directions goes
    if (left[0]?.name === 'D' && left[1]?.size === size && left.length > out.shape.length - axes.length)
      left.shift();
    if (left[0]?.size === size) axes.push(left.shift()!.name);
    else if (size === 1) axes.push('1');
    else break;
  }
  if (axes.length < out.shape.length || left.some(({ size }) => size !== 1))
    return fitting.refuse(`[${value.shape}] becomes [${out.shape}]`);
  return { ...fit, axes };
};

const squeeze: Rule = (fitting, planned, fit) => {
  const given = planned.sizes('axes', 1);
  if (!given) return reshape(fitting, planned, fit);
  const gone = given.map((axis) => planned.axis(axis, fit.axes.length));
  return { ...fit, axes: fit.axes.filter((_, i) => !gone.includes(i)) };
};

/** The table's rows by index, the last step of a sequence, or one of two directions. */
const gather: JoinRule = (fitting, planned) => {
  const [value, at] = [planned.inputs[0]!, planned.inputs[1]!];
  const table = fitting.data(value);
  const axis = planned.int('axis', 0);
  if (table && value.shape.length === 2 && !axis) {
    const [rows, columns] = value.shape as [number, number];
    const fit = fitting.find(at, rows);
    if (!fit) return undefined;
    const layer = new Embedding(rows, columns);
    fitting.weights(layer, { weight: table });
    return { node: layer.apply(fit.node), axes: [...fit.axes, 'F'] };
  }
  const index = fitting.data(at);
  const fit = fitting.find(value);
  if (!fit) return undefined;
  const i = planned.axis(axis, value.shape.length);
  if (index?.length !== 1) return fitting.refuse('more than one index');
  return pick(fitting, planned, fit, i, index[0]!, at.shape.length === 0);
};

const slice: Rule = (fitting, planned, fit) => {
  const [value, out] = [planned.inputs[0]!, planned.outputs[0]!];
  const [starts, ends, given, strides = []] = ['starts', 'ends', 'axes', 'steps'].map((name, i) =>
    planned.sizes(name, i + 1),
  );
  const axes = Array.from(given ?? starts!.keys(), (axis) => planned.axis(axis, value.shape.length));
  // an end behind all steps or rows may lie among more of them
  const isFar = (at: number, k: number) => {
    const axis = axes[k % axes.length]!;
    const size = Math.abs(at);
    return !['1', 'D', 'F'].includes(fit.axes[axis]!) && size > value.shape[axis]! && size < 2 ** 31 - 1;
  };
  if ([...starts!, ...ends!].some(isFar)) return fitting.refuse('a part of a sequence');
  if (strides.some((stride) => stride !== 1)) {
    const [axis = 0] = axes;
    const all = strides.length === 1 && strides[0] === -1 && value.shape[axis] === out.shape[axis];
    return reversed(fitting, fit, axis, all);
  }
  const changed = value.shape.flatMap((size, i) => (size === out.shape[i] ? [] : [i]));
  if (!changed.length) return fit;
  const at = changed[0]!;
  if (changed.length > 1 || out.shape[at] !== 1) return fitting.refuse('a part of a sequence');
  return pick(fitting, planned, fit, at, starts![axes.indexOf(at)]!, false);
};

/** All steps from the last to the first, if `all`. */
function reversed(fitting: Fitting, fit: Fit, at: number, all: boolean): Fit {
  fitting.whole(fit);
  if (!all) fitting.refuse('a part of a sequence');
  fitting.steps(fit.axes[at]);
  return { ...fit, node: new Reverse().apply(fit.node), both: false };
}

/** Of lengths that are all steps. */
const reverseSequence: Rule = (fitting, planned, fit) => {
  const { inputs } = planned;
  const axis = planned.int('time_axis', 0);
  const size = inputs[0]!.shape[axis];
  const all = fitting.data(inputs[1])?.every((length) => length === size);
  return reversed(fitting, fit, planned.axis(axis, fit.axes.length), Boolean(all));
};

/** What lies at `from`, below 0 before the end, of an axis, which then is `gone` or of size 1. */
function pick(fitting: Fitting, planned: Planned, fit: Fit, axis: number, from: number, gone: boolean): Fit {
  const size = planned.inputs[0]!.shape[axis]!;
  const index = from < 0 ? from + size : from;
  const name = fit.axes[axis]!;
  const part = name === 'D' ? fit.parts?.[index] : undefined;
  const axes = gone ? fit.axes.toSpliced(axis, 1) : fit.axes.with(axis, '1');
  if (part) return { ...part, axes };
  if (size === 1) return { ...fit, axes };
  if (name === 'D') return { ...fit, axes, half: index };
  if (name === 'F' || index !== (fit.half ? 0 : size - 1)) fitting.refuse(`index ${index} of ${size}`);
  fitting.steps(name);
  if (fit.half !== undefined) return { ...fit, axes, last: true };
  return { node: new LastStep(fit.both ? { sameStep: true } : {}).apply(fit.node), axes };
}

/** A product with a constant, and the bias that is added next. */
const product: Rule = (fitting, planned, fit) => {
  const { node, inputs, outputs } = planned;
  const w = inputs[1]!;
  const weight = fitting.data(w);
  const turned = planned.int('transB', 0);
  const plain = !planned.int('transA', 0) && planned.float('alpha', 1) * planned.float('beta', 1) === 1;
  if (!weight || w.shape.length !== 2 || !plain || fit.axes.at(-1) !== 'F') {
    return fitting.refuse('not over the features with constant weights');
  }
  const [I, O] = turned ? [w.shape[1]!, w.shape[0]!] : (w.shape as [number, number]);
  let out = outputs[0]!;
  let bias = node.op === 'Gemm' ? fitting.data(inputs[2]) : undefined;
  if (node.op === 'MatMul') {
    const add = fitting.reader(out, 'Add');
    const other = otherInput(add, out);
    const data = fitting.data(other);
    if (add && data && other!.size === O && other!.shape.at(-1) === O) {
      bias = data;
      out = add.outputs[0]!;
    }
  }
  if (bias ? bias.length !== O : inputs[2]) return fitting.refuse(`a bias that is not of ${O} numbers`);
  const layer = new Linear(I, O, { bias: Boolean(bias) });
  fitting.weights(layer, { weight: turned ? weight : transposed(weight, I, O), bias });
  fitting.set(out, { ...fit, node: layer.apply(fit.node), both: false });
  return undefined;
};

/** An activation with the attributes that it has, of these defaults. */
const activation =
  (name: ActivationName, defaults: Readonly<Record<string, number>> = {}): Rule =>
  (_, planned, fit) => {
    // layers have no gamma
    const numbers = Object.entries(defaults).map(([key, usual]) => [
      key === 'gamma' ? 'beta' : key,
      planned.float(key, usual),
    ]);
    return { ...fit, node: new Activation({ name, ...Object.fromEntries(numbers) }).apply(fit.node) };
  };

/** A softmax over the features. */
const softmax =
  (name: 'softmax' | 'logSoftmax'): Rule =>
  (fitting, planned, fit) => {
    const axis = planned.int('axis', planned.opset < 13 ? 1 : -1);
    if (fit.axes.at(axis) !== 'F' || fit.axes.at(-1) !== 'F') return fitting.refuse('not over the features');
    return { ...fit, node: new Activation(name).apply(fit.node) };
  };

const add: JoinRule = (fitting, planned) => joined(fitting, planned, new Add());

/** Features of several nodes, or both directions of one. */
const concat: JoinRule = (fitting, planned) => {
  const fits = planned.inputs.map((value) => fitting.find(value));
  if (!fits.some(Boolean)) return undefined;
  const [first, second] = fits;
  const axis = planned.axis(planned.int('axis', 1), planned.inputs[0]!.shape.length);
  const alike = fits.every((fit) => fit && String(fit.axes) === String(first!.axes));
  const haveAll = fits.every((fit) => fit?.half === undefined);
  if (alike && haveAll && first!.axes[axis] === 'D') {
    const parts = fits.flatMap((fit, i): Omit<Fit, 'axes'>[] => {
      const size = planned.inputs[i]!.shape[axis]!;
      if (fit!.parts) return [...fit!.parts];
      const { axes: _, ...own } = fit!;
      return size === 1 ? [own] : Array.from({ length: size }, (_, half) => ({ ...own, half }));
    });
    return { node: first!.node, axes: first!.axes, parts };
  }
  if (!alike || first!.axes[axis] !== 'F') return fitting.refuse('not features of layers');
  if (
    fits.length === 2 &&
    first!.half === 0 &&
    second!.half === 1 &&
    first!.node === second!.node &&
    first!.last === second!.last
  ) {
    const node = first!.last ? new LastStep().apply(first!.node) : first!.node;
    return { ...first!, node, half: undefined, last: undefined };
  }
  if (!haveAll) return fitting.refuse('directions by themselves');
  const [a, b, ...others] = fits.map((fit) => fit!.node);
  const node = b ? new Concat().apply(a!, b, ...others) : a!;
  return { ...first!, node, both: fits.some((fit) => fit!.both) };
};

/** Rules of what may be one direction of two. */
export const RULES: Readonly<Record<string, Rule>> = {
  Relu: activation('relu'),
  Sigmoid: activation('sigmoid'),
  Tanh: activation('tanh'),
  Softplus: activation('softplus'),
  Softsign: activation('softsign'),
  Mish: activation('mish'),
  Exp: activation('exponential'),
  LeakyRelu: activation('leakyrelu', { alpha: 0.01 }),
  Elu: activation('elu', { alpha: 1 }),
  HardSigmoid: activation('hardsigmoid', { alpha: 0.2, beta: 0.5 }),
  Selu: activation('selu', { alpha: 1.6732631921768188, gamma: 1.0507010221481323 }),
  Transpose: transpose,
  Reshape: reshape,
  Flatten: reshape,
  Unsqueeze: reshape,
  Identity: reshape,
  Dropout: reshape,
  Cast: reshape,
  Squeeze: squeeze,
  Slice: slice,
  Div: gelu,
};

/** Rules of what has both directions in its features. */
export const WHOLE_RULES: Readonly<Record<string, Rule>> = {
  Softmax: softmax('softmax'),
  LogSoftmax: softmax('logSoftmax'),
  ReverseSequence: reverseSequence,
  MatMul: product,
  Gemm: product,
  ...SEQUENCE_RULES,
  LSTM: recurrentRule,
  GRU: recurrentRule,
  RNN: recurrentRule,
};

/** Rules of operators whose first input may be a constant. */
export const JOIN_RULES: Readonly<Record<string, JoinRule>> = {
  Gather: gather,
  Add: add,
  Mul: multiply,
  Concat: concat,
};
