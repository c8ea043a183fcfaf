import { isFloat } from '../formats/onnx/tensor.ts';
import { Activation } from '../layers/activation.ts';
import type { LayerActivation } from '../layers/activationPass.ts';
import { Embedding } from '../layers/graph/embedding.ts';
import { LastStep } from '../layers/graph/lastStep.ts';
import { Linear } from '../layers/graph/linear.ts';
import { Add, Concat } from '../layers/joinLayers.ts';
import { Reverse } from '../layers/sequenceLayers.ts';
import type { Planned } from '../onnxSession/node.ts';
import { transposed } from '../onnxSession/ops/matmul.ts';
import { type Fit, type Fitting, joined, otherInput, type Rule, reader, whole } from './fit.ts';
import { recurrentRule } from './recurrentRule.ts';
import { SEQUENCE_RULES } from './sequenceRules.ts';

const transpose: Rule = (fitting, planned) => {
  const { inputs, outputs } = planned;
  const fit = fitting.find(inputs[0]);
  if (!fit) return;
  const perm = planned.ints('perm') ?? fit.axes.map((_, i) => fit.axes.length - 1 - i);
  fitting.set(outputs[0]!, { ...fit, axes: perm.map((i) => fit.axes[i]!) });
};

/** Axes of size 1 come and go; directions and features next to each other become features. */
const reshape: Rule = (fitting, planned) => {
  const [value, out] = [planned.inputs[0]!, planned.outputs[0]!];
  const fit = fitting.find(value);
  if (!fit) return;
  if (isFloat(value.dtype) && !isFloat(out.dtype)) fitting.refuse(planned, 'a cast to integers');
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
    return fitting.refuse(planned, `[${value.shape}] becomes [${out.shape}]`);
  fitting.set(out, { ...fit, axes });
};

const squeeze: Rule = (fitting, planned, all) => {
  const [value, out] = [planned.inputs[0]!, planned.outputs[0]!];
  const fit = fitting.find(value);
  if (!fit) return;
  const given = planned.sizes('axes', 1);
  if (!given) return reshape(fitting, planned, all);
  const gone = given.map((axis) => planned.axis(axis, value.shape.length));
  fitting.set(out, { ...fit, axes: fit.axes.filter((_, i) => !gone.includes(i)) });
};

/** The table's rows by index, the last step of a sequence, or one of two directions. */
const gather: Rule = (fitting, planned) => {
  const [value, at] = [planned.inputs[0]!, planned.inputs[1]!];
  const table = fitting.data(value);
  const axis = planned.int('axis', 0);
  if (table && value.shape.length === 2 && !axis) {
    const [rows, columns] = value.shape as [number, number];
    const fit = fitting.find(at, rows);
    if (!fit) return;
    const layer = new Embedding(rows, columns);
    fitting.weights(layer, { weight: table });
    fitting.set(planned.outputs[0]!, { node: layer.apply(fit.node), axes: [...fit.axes, 'F'] });
    return;
  }
  const index = fitting.data(at);
  const fit = fitting.find(value);
  if (!fit) return;
  const i = planned.axis(axis, value.shape.length);
  if (index?.length !== 1) return fitting.refuse(planned, 'more than one index');
  const from = index[0]! < 0 ? index[0]! + value.shape[i]! : index[0]!;
  pick(fitting, planned, fit, i, from, at.shape.length === 0);
};

const slice: Rule = (fitting, planned) => {
  const [value, out] = [planned.inputs[0]!, planned.outputs[0]!];
  const fit = fitting.find(value);
  if (!fit) return;
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
  if ([...starts!, ...ends!].some(isFar)) return fitting.refuse(planned, 'a part of a sequence');
  if (strides.some((stride) => stride !== 1)) {
    const [axis = 0] = axes;
    const all = strides.length === 1 && strides[0] === -1 && value.shape[axis] === out.shape[axis];
    return reversed(fitting, planned, fit, axis, all);
  }
  const changed = value.shape.flatMap((size, i) => (size === out.shape[i] ? [] : [i]));
  if (!changed.length) return fitting.set(out, fit);
  const at = changed[0]!;
  if (changed.length > 1 || out.shape[at] !== 1) return fitting.refuse(planned, 'a part of a sequence');
  const start = starts![axes.indexOf(at)]!;
  pick(fitting, planned, fit, at, start < 0 ? start + value.shape[at]! : start, false);
};

/** All steps from the last to the first, if `all`. */
function reversed(fitting: Fitting, planned: Planned, fit: Fit, at: number, all: boolean): void {
  whole(fitting, planned, planned.inputs[0]);
  if (!all) fitting.refuse(planned, 'a part of a sequence');
  fitting.steps(planned, fit.axes[at]);
  fitting.set(planned.outputs[0]!, { ...fit, node: new Reverse().apply(fit.node), both: false });
}

/** Of lengths that are all steps. */
const reverseSequence: Rule = (fitting, planned) => {
  const { inputs } = planned;
  const fit = fitting.find(inputs[0]);
  if (!fit) return;
  const axis = planned.int('time_axis', 0);
  const size = inputs[0]!.shape[axis];
  reversed(
    fitting,
    planned,
    fit,
    planned.axis(axis, fit.axes.length),
    Boolean(fitting.data(inputs[1])?.every((length) => length === size)),
  );
};

function pick(
  fitting: Fitting,
  planned: Planned,
  fit: Fit,
  axis: number,
  index: number,
  gone: boolean,
): void {
  const size = planned.inputs[0]!.shape[axis]!;
  const name = fit.axes[axis]!;
  const part = name === 'D' ? fit.parts?.[index] : undefined;
  const axes = gone ? fit.axes.toSpliced(axis, 1) : fit.axes.with(axis, '1');
  const out = planned.outputs[0]!;
  if (part) {
    fitting.set(out, { ...part, axes });
    return;
  }
  if (size === 1 || name === 'D') {
    fitting.set(out, { ...fit, axes, ...(size > 1 ? { half: index } : {}) });
    return;
  }
  if (name === 'F' || index !== (fit.half ? 0 : size - 1))
    fitting.refuse(planned, `index ${index} of ${size}`);
  fitting.steps(planned, name);
  const last = () => new LastStep(fit.both ? { sameStep: true } : {}).apply(fit.node);
  fitting.set(out, fit.half === undefined ? { node: last(), axes } : { ...fit, axes, last: true });
}

/** A product with a constant, and the bias that is added next. */
const product: Rule = (fitting, planned, all) => {
  const { node, inputs, outputs } = planned;
  const fit = whole(fitting, planned, inputs[0]);
  const w = inputs[1]!;
  const weight = fitting.data(w);
  if (!fit) return;
  const turned = planned.int('transB', 0);
  const plain = !planned.int('transA', 0) && planned.float('alpha', 1) * planned.float('beta', 1) === 1;
  if (!weight || w.shape.length !== 2 || !plain || fit.axes.at(-1) !== 'F') {
    return fitting.refuse(planned, 'not over the features with constant weights');
  }
  const [I, O] = turned ? [w.shape[1]!, w.shape[0]!] : (w.shape as [number, number]);
  let out = outputs[0]!;
  let bias = node.op === 'Gemm' ? fitting.data(inputs[2]) : undefined;
  if (node.op === 'MatMul') {
    const add = reader(all, out, 'Add');
    const other = otherInput(add, out);
    const data = fitting.data(other);
    if (add && data && other!.size === O && other!.shape.at(-1) === O) {
      bias = data;
      out = add.outputs[0]!;
    }
  }
  if (bias ? bias.length !== O : inputs[2])
    return fitting.refuse(planned, `a bias that is not of ${O} numbers`);
  const layer = new Linear(I, O, { bias: Boolean(bias) });
  fitting.weights(layer, { weight: turned ? weight : transposed(weight, I, O), bias });
  fitting.set(out, { ...fit, node: layer.apply(fit.node), both: false });
};

/** Layers by operator; the softmaxes are over the features. */
export const ACTIVATION_RULES: Readonly<
  Record<string, (number: (name: string, usual: number) => number) => LayerActivation>
> = {
  Relu: () => 'relu',
  Sigmoid: () => 'sigmoid',
  Tanh: () => 'tanh',
  Softplus: () => 'softplus',
  Softsign: () => 'softsign',
  Mish: () => 'mish',
  Softmax: () => 'softmax',
  Exp: () => 'exponential',
  LeakyRelu: (number) => ({ name: 'leakyrelu', alpha: number('alpha', 0.01) }),
  Elu: (number) => ({ name: 'elu', alpha: number('alpha', 1) }),
  HardSigmoid: (number) => ({ name: 'hardsigmoid', alpha: number('alpha', 0.2), beta: number('beta', 0.5) }),
  Selu: (number) => ({
    name: 'selu',
    alpha: number('alpha', 1.6732631921768188),
    beta: number('gamma', 1.0507010221481323),
  }),
  LogSoftmax: () => 'logSoftmax',
};

const activation: Rule = (fitting, planned) => {
  const { node, opset, inputs, outputs } = planned;
  const isSoftmax = node.op.endsWith('oftmax');
  const fit = isSoftmax ? whole(fitting, planned, inputs[0]) : fitting.find(inputs[0]);
  if (!fit) return;
  const axis = planned.int('axis', opset < 13 ? 1 : -1);
  if (isSoftmax && (fit.axes.at(axis) !== 'F' || fit.axes.at(-1) !== 'F'))
    return fitting.refuse(planned, 'not over the features');
  const layer = new Activation(ACTIVATION_RULES[node.op]!(planned.float.bind(planned)));
  fitting.set(outputs[0]!, { ...fit, node: layer.apply(fit.node) });
};

const add: Rule = (fitting, planned) => joined(fitting, planned, new Add());

/** Features of several nodes, or both directions of one. */
const concat: Rule = (fitting, planned) => {
  const fits = planned.inputs.map((value) => fitting.find(value));
  if (!fits.some(Boolean)) return;
  const [first, second] = fits;
  const { length } = planned.inputs[0]!.shape;
  const axis = planned.axis(planned.int('axis', 1), length);
  const alike = fits.every((fit) => fit && String(fit.axes) === String(first!.axes));
  const haveAll = fits.every((fit) => fit?.half === undefined);
  if (alike && haveAll && first!.axes[axis] === 'D') {
    const parts = fits.flatMap((fit, i): Omit<Fit, 'axes'>[] => {
      const size = planned.inputs[i]!.shape[axis]!;
      if (fit!.parts) return [...fit!.parts];
      const { axes: _, ...own } = fit!;
      return size === 1 ? [own] : Array.from({ length: size }, (_, half) => ({ ...own, half }));
    });
    return fitting.set(planned.outputs[0]!, { node: first!.node, axes: first!.axes, parts });
  }
  if (!alike || first!.axes[axis] !== 'F') {
    return fitting.refuse(planned, 'not features of layers');
  }
  const out = planned.outputs[0]!;
  if (
    fits.length === 2 &&
    first!.half === 0 &&
    second!.half === 1 &&
    first!.node === second!.node &&
    first!.last === second!.last
  ) {
    const node = first!.last ? new LastStep().apply(first!.node) : first!.node;
    fitting.set(out, { ...first!, node, half: undefined, last: undefined });
    return;
  }
  if (!haveAll) return fitting.refuse(planned, 'directions by themselves');
  const [a, ...others] = fits.map((fit) => fit!.node);
  const node = others.length ? new Concat().apply(a!, others[0]!, ...others.slice(1)) : a!;
  fitting.set(out, { ...first!, node, both: fits.some((fit) => fit!.both) });
};

/** Rules by operator; `activation` is that of all activations. */
export const RULES: Readonly<Record<string, Rule>> & { readonly activation: Rule } = {
  activation,
  Transpose: transpose,
  Reshape: reshape,
  Flatten: reshape,
  Unsqueeze: reshape,
  Identity: reshape,
  Dropout: reshape,
  Cast: reshape,
  Squeeze: squeeze,
  Gather: gather,
  Slice: slice,
  ReverseSequence: reverseSequence,
  MatMul: product,
  Gemm: product,
  Add: add,
  Concat: concat,
  ...SEQUENCE_RULES,
  LSTM: recurrentRule,
  GRU: recurrentRule,
  RNN: recurrentRule,
};
