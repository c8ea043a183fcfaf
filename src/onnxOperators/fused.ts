import { elements } from '../allocate.ts';
import {
  type CallAttributes,
  known,
  type Operator,
  type Operators,
  type PlannedNode,
} from '../onnxSession/node.ts';
import type { Value } from '../onnxSession/value.ts';
import { windowAttributes } from './windowAttributes.ts';

const FLOAT = 1;

const number = (value: number) => known([value], FLOAT, []);

/** A tensor with its last dimensions exchanged. */
function turned(node: PlannedNode, value: Value, given: boolean): Value {
  const rank = value.shape.length;
  if (!given || rank < 2) return value;
  return node.call('Transpose', [value], { perm: swapped(rank) });
}

function swapped(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, i) => i);
  return [...axes.slice(0, -2), rank - 1, rank - 2];
}

const fusedMatMul: Operator = (node) => {
  const [a, b] = ['A', 'B'].map((side, i) => {
    let value = node.input(i);
    // the first dimension goes before the last one
    if (node.int(`transBatch${side}`, 0)) {
      const rank = value.shape.length;
      const axes = Array.from({ length: rank }, (_, k) => k);
      value = node.call('Transpose', [value], { perm: [...axes.slice(1, -1), 0, rank - 1] });
    }
    return turned(node, value, Boolean(node.int(`trans${side}`, 0)));
  });
  const y = node.call('MatMul', [a, b]);
  const alpha = node.float('alpha', 1);
  node.alias(alpha === 1 ? y : node.call('Mul', [y, number(alpha)]));
};

/** The activation of a fused operator, if it has one. */
function activated(
  node: PlannedNode,
  value: Value,
  alpha: number | undefined,
  beta: number | undefined,
): Value {
  const op = node.text('activation', '');
  if (!op) return value;
  if (op === 'Clip') return node.call('Clip', [value, number(alpha!), number(beta!)]);
  const given: Record<string, number> = {};
  if (alpha !== undefined) given.alpha = alpha;
  if (beta !== undefined) given.beta = beta;
  return node.call(op, [value], given);
}

const fusedGemm: Operator = (node) => {
  const numbers = (names: readonly string[]) =>
    Object.fromEntries(names.filter((name) => node.has(name)).map((name) => [name, node.float(name, 0)]));
  const attributes = {
    ...numbers(['alpha', 'beta']),
    transA: node.int('transA', 0),
    transB: node.int('transB', 0),
  };
  const y = node.call('Gemm', node.inputs, attributes);
  const own = (name: string) => (node.has(name) ? node.float(name, 0) : undefined);
  node.alias(activated(node, y, own('activation_alpha'), own('activation_beta')));
};

const fusedConv: Operator = (node) => {
  const [x, w, bias, add] = node.inputs;
  const y = node.call('Conv', [x, w, bias], windowAttributes(node));
  const [alpha, beta] = node.floats('activation_params') ?? [];
  node.alias(activated(node, add ? node.call('Add', [y, add]) : y, alpha, beta));
};

/** A function of x, or of x and a bias. */
function withBias(op: string, attributes: (node: PlannedNode) => CallAttributes = () => ({})): Operator {
  return (node) => {
    const [x, bias] = [node.input(0), node.inputs[1]];
    node.alias(node.call(op, [bias ? node.call('Add', [x, bias]) : x], attributes(node)));
  };
}

/** The sum of x, a residual and a bias, normalized; outputs: that, mean, 1/deviation, the sum. */
function skipNormalization(op: string, bias: number): Operator {
  return (node) => {
    const more = node.inputs[bias];
    let sum = node.call('Add', [node.input(0), node.input(1)]);
    if (more) sum = node.call('Add', [sum, more]);
    const weights = [node.input(2), ...(bias === 4 ? [node.inputs[3]] : [])];
    const count = bias === 4 && node.node.outputs.slice(1, 3).some(Boolean) ? 3 : 1;
    const outputs = node.calls(
      op,
      [sum, ...weights],
      { axis: -1, epsilon: node.float('epsilon', 1e-12) },
      count,
    );
    for (const i of [0, 1, 2]) node.alias(outputs[i] ?? known([0], FLOAT));
    node.alias(sum);
  };
}

const embedLayerNormalization: Operator = (node) => {
  const [ids, segments, words, positions, kinds, weight, bias, mask, places] = node.inputs;
  const [, steps = 1] = node.input(0).shape;
  const at = places ?? known(Array.from({ length: steps }, (_, i) => i));
  let sum = node.call('Add', [node.call('Gather', [words, ids]), node.call('Gather', [positions, at])]);
  if (segments) sum = node.call('Add', [sum, node.call('Gather', [kinds, segments])]);
  node.alias(
    node.call('LayerNormalization', [sum, weight, bias], { axis: -1, epsilon: node.float('epsilon', 1e-12) }),
  );
  const count = mask && node.call('ReduceSum', [mask, known([1])], { keepdims: 0 });
  node.alias(count ?? known(new Array<number>(ids!.shape[0]!).fill(0), 6));
  node.alias(sum);
};

const biasSoftmax: Operator = (node) => {
  const [x, bias] = [node.input(0), node.input(1)];
  const rank = x.shape.length;
  const axis = node.axis(node.int('axis', 1), rank);
  // dimensions from the axis on are one
  const inner = elements(x.shape.slice(axis));
  const sum = node.call('Add', [x, bias]);
  const rows = node.call('Reshape', [sum, known([-1, inner])]);
  node.alias(node.call('Softmax', [rows], { axis: 1 }), x.shape);
};

const swiGlu: Operator = (node) => {
  const gate = node.call('Swish', [node.input(0)], { alpha: node.float('alpha', 1) });
  node.alias(node.call('Mul', [gate, node.input(1)]));
};

/** Mean 0 and deviation 1 over `axes`. */
const meanVariance: Operator = (node) => {
  const x = node.input(0);
  const axes = { axes: node.ints('axes') ?? [0, 2, 3], keepdims: 1 };
  const centered = node.call('Sub', [x, node.call('ReduceMean', [x], axes)]);
  const variance = node.call('ReduceMean', [node.call('Mul', [centered, centered])], axes);
  const deviation = node.call('Add', [node.call('Sqrt', [variance]), number(1e-9)]);
  node.alias(node.call('Div', [centered, deviation]));
};

/** A depthwise convolution of a sequence and the steps before it; its last steps are the next state. */
const causalConv: Operator = (node) => {
  const [x, w, bias] = [node.input(0), node.input(1), node.inputs[2]];
  const [N, C, T] = x.shape as [number, number, number];
  const k = w.shape[2] ?? node.fail(`w: expected three dimensions, got [${w.shape}]`);
  const past = node.inputs[3] ?? known(new Array<number>(N * C * (k - 1)).fill(0), FLOAT, [N, C, k - 1]);
  const all = node.call('Concat', [past, x], { axis: 2 });
  const y = node.call('Conv', [all, w, bias], { group: C });
  const name = node.text('activation', 'none');
  if (!['none', 'silu', 'swish'].includes(name)) node.fail(`activation ${name}`);
  node.alias(name === 'none' ? y : node.call('Swish', [y]));
  node.alias(node.call('Slice', [all, known([T]), known([T + k - 1]), known([2])]));
};

/** Operators of ONNX that are made of others. */
export const COMPOSED: Operators = {
  SwiGLU: swiGlu,
  MeanVarianceNormalization: meanVariance,
  CausalConvWithState: causalConv,
  // ONNX Runtime writes it into ONNX's domain
  SimplifiedLayerNormalization: (node) =>
    node.alias(
      node.call('RMSNormalization', [node.input(0), node.input(1)], {
        axis: node.int('axis', -1),
        epsilon: node.float('epsilon', 1e-5),
      }),
    ),
};

/** Operators that ONNX Runtime's optimizer makes of several. */
export const FUSED: Operators = {
  FusedMatMul: fusedMatMul,
  TransposeMatMul: fusedMatMul,
  FusedGemm: fusedGemm,
  FusedConv: fusedConv,
  Gelu: withBias('Gelu'),
  BiasGelu: withBias('Gelu'),
  FastGelu: withBias('Gelu', () => ({ approximate: 'tanh' })),
  QuickGelu: withBias('Swish', (node) => ({ alpha: node.float('alpha', 1.702) })),
  BiasSoftmax: biasSoftmax,
  SkipLayerNormalization: skipNormalization('LayerNormalization', 4),
  SkipSimplifiedLayerNormalization: skipNormalization('RMSNormalization', 3),
  EmbedLayerNormalization: embedLayerNormalization,
};
