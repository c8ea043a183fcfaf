import { ACTIVATIONS, type ActivationName, type ActivationRow } from '../activations.ts';
import type { GraphBuilder } from './graphBuilder.ts';

type Given = string | { readonly name: string; readonly alpha?: number; readonly beta?: number };

/** An activation with its numbers. */
interface Known {
  readonly name: string;
  readonly alpha: number;
  readonly beta: number;
}

function known(given: Given): Known {
  const { name, alpha, beta }: Exclude<Given, string> = typeof given === 'string' ? { name: given } : given;
  // softmax and logSoftmax have none
  const row: Partial<ActivationRow> | undefined = ACTIVATIONS[name as ActivationName];
  return { name, alpha: alpha ?? row?.alpha ?? 0, beta: beta ?? row?.beta ?? 0 };
}

type Emit = (g: GraphBuilder, x: string, numbers: Known) => string;
const plain =
  (op: string): Emit =>
  (g, x) =>
    g.one(op, [x]);

/** Activations of layers by name, as operators of opset 17. */
const LAYERS: Readonly<Record<string, Emit>> = {
  identity: (_, x) => x,
  tanh: plain('Tanh'),
  sigmoid: plain('Sigmoid'),
  relu: plain('Relu'),
  hardsigmoid: (g, x, { alpha, beta }) =>
    g.one('HardSigmoid', [x], { alpha: { float: alpha }, beta: { float: beta } }),
  softsign: plain('Softsign'),
  softplus: plain('Softplus'),
  elu: (g, x, { alpha }) => g.one('Elu', [x], { alpha: { float: alpha } }),
  leakyrelu: (g, x, { alpha }) => g.one('LeakyRelu', [x], { alpha: { float: alpha } }),
  scaledtanh: (g, x, { alpha, beta }) => g.one('Mul', [g.one('Tanh', [times(g, x, beta)]), g.scalar(alpha)]),
  silu: (g, x) => g.one('Mul', [x, g.one('Sigmoid', [x])]),
  affine: (g, x, { alpha, beta }) => g.one('Add', [times(g, x, alpha), g.scalar(beta)]),
  relu6: (g, x) => g.one('Clip', [x, g.scalar(0), g.scalar(6)]),
  selu: (g, x, { alpha, beta }) => g.one('Selu', [x], { alpha: { float: alpha }, gamma: { float: beta } }),
  mish: (g, x) => g.one('Mul', [x, g.one('Tanh', [g.one('Softplus', [x])])]),
  gelu: (g, x) => half(g, x, g.one('Erf', [times(g, x, Math.SQRT1_2)])),
  gelutanh: (g, x) => {
    const cube = g.one('Mul', [g.one('Mul', [x, x]), x]);
    const inner = times(g, g.one('Add', [x, times(g, cube, 0.044715)]), Math.sqrt(2 / Math.PI));
    return half(g, x, g.one('Tanh', [inner]));
  },
  exponential: plain('Exp'),
  softmax: (g, x) => g.one('Softmax', [x], { axis: -1 }),
  logSoftmax: (g, x) => g.one('LogSoftmax', [x], { axis: -1 }),
};

function times(g: GraphBuilder, x: string, factor: number): string {
  return g.one('Mul', [x, g.scalar(factor)]);
}

/** x / 2 · (1 + y). */
function half(g: GraphBuilder, x: string, y: string): string {
  return g.one('Mul', [times(g, x, 0.5), g.one('Add', [y, g.scalar(1)])]);
}

/** Adds an activation of each element, or over the features; undefined if ONNX has none like it. */
export function emitActivation(g: GraphBuilder, x: string, given: unknown): string | undefined {
  const numbers = known((given ?? 'identity') as Given);
  return LAYERS[numbers.name]?.(g, x, numbers);
}

/** Activations of recurrent nodes by name, and whether they have α and β. */
const RECURRENT: Readonly<Record<string, readonly [op: string, alpha?: true, beta?: true]>> = {
  tanh: ['Tanh'],
  sigmoid: ['Sigmoid'],
  relu: ['Relu'],
  softsign: ['Softsign'],
  softplus: ['Softplus'],
  hardsigmoid: ['HardSigmoid', true, true],
  elu: ['Elu', true],
  leakyrelu: ['LeakyRelu', true],
  scaledtanh: ['ScaledTanh', true, true],
  affine: ['Affine', true, true],
};

/** An activation inside of a recurrent node; undefined if ONNX has none like it. */
export function recurrentActivation(
  given: unknown,
): { readonly op: string; readonly alpha: number[]; readonly beta: number[] } | undefined {
  const { name, alpha, beta } = known(given as Given);
  const row = RECURRENT[name];
  if (!row) return undefined;
  return { op: row[0], alpha: row[1] ? [alpha] : [], beta: row[2] ? [beta] : [] };
}
