import { ACTIVATIONS } from '../../activations.ts';
import { DTYPES } from '../../formats/onnx/schema.ts';
import { isFloat } from '../../formats/onnx/tensor.ts';
import type { Operator, Operators, PlannedNode } from '../node.ts';
import { broadcastShape, broadcastStrides, rowsOf, stridesOf, walk } from '../strided.ts';
import { type Io, rootOf, type Value } from '../value.ts';
import { RANGES, toInt, wrap } from './rounding.ts';

/** The shape that inputs are broadcast to. */
export function broadcast(node: PlannedNode, values: readonly Value[]): number[] {
  return (
    broadcastShape(values.map(({ shape }) => shape)) ??
    node.fail(`shapes ${values.map(({ shape }) => `[${shape}]`).join(', ')} do not broadcast`)
  );
}

/** A function of two numbers. */
export type Two = (a: number, b: number) => number;

/** y = f(a, b), broadcast. */
function plain(a: Value, b: Value, shape: readonly number[], f: Two): (io: Io) => void {
  const way = walk(shape, [a, b].map((v) => broadcastStrides(v.shape, shape)).concat([stridesOf(shape)]));
  const each = rowsOf(way);
  const n = way.shape.at(-1)!;
  const [da, db] = [way.strides[0]!.at(-1)!, way.strides[1]!.at(-1)!];
  let io: Io;
  const row = (i: number, j: number, o: number) => {
    const [x, z] = io.x as [Float32Array, Float32Array];
    const y = io.y[0]!;
    let p = i;
    let q = j;
    for (let k = o; k < o + n; k++, p += da, q += db) y[k] = f(x[p]!, z[q]!);
  };
  return (given) => {
    io = given;
    each(row);
  };
}

/** By the kernels, where the innermost rows are without gaps or one number. */
function quick(kind: number, a: Value, b: Value, shape: readonly number[]): ((io: Io) => void) | undefined {
  const way = walk(shape, [...[a, b].map((v) => broadcastStrides(v.shape, shape)), stridesOf(shape)]);
  const n = way.shape.at(-1)!;
  const [sa, sb] = way.strides.map((own) => own.at(-1)!) as [number, number];
  if (sa > 1 || sb > 1) return undefined;
  // the last two dimensions in one call
  const two = way.shape.length > 1;
  const [m, lda, ldb] = two
    ? ([way.shape, ...way.strides].map((own) => own.at(-2)!) as [number, number, number])
    : [1, 0, 0];
  const outer = {
    shape: [...way.shape.slice(0, -2), 1],
    strides: way.strides.map((own) => [...own.slice(0, -2), 0]),
  };
  const each = rowsOf(outer);
  const empty = shape.includes(0);
  let io: Io;
  const row = (i: number, j: number, o: number) => {
    const { kernels, px, py } = io;
    kernels.tensor_binary(kind, m, n, px[0]! + 4 * i, lda, sa, px[1]! + 4 * j, ldb, sb, py[0]! + 4 * o);
  };
  return (given) => {
    if (empty) return;
    io = given;
    each(row);
  };
}

const QUICK = ['Add', 'Sub', 'Mul', 'Div'];

/** Two inputs; older opsets align the second one at an axis. */
export function binary(f: Two, opts: { integer?: Two; bool?: boolean } = {}): Operator {
  return (node) => {
    const a = node.input(0);
    let b = node.input(1);
    if (node.int('broadcast', 0) && node.has('axis')) {
      const tail = a.shape.length - node.axis(node.int('axis', 0), a.shape.length) - b.shape.length;
      b = { ...b, shape: [...b.shape, ...new Array<number>(Math.max(0, tail)).fill(1)], of: b };
    }
    const shape = broadcast(node, [a, b]);
    node.output(shape, opts.bool ? DTYPES.bool : a.dtype);
    const float = isFloat(a.dtype);
    const run =
      (float && QUICK.includes(node.node.op) && quick(QUICK.indexOf(node.node.op), a, b, shape)) ||
      plain(a, b, shape, (!float && opts.integer) || f);
    node.step(run, { inputs: [a, b] });
  };
}

/** One input, the same shape. */
export function unary(f: (x: number) => number, dtype?: number): Operator {
  return (node) => {
    const { shape, size } = node.input(0);
    node.output(shape, dtype);
    node.step(({ x, y }) => {
      const [from, to] = [x[0]!, y[0]!];
      for (let i = 0; i < size; i++) to[i] = f(from[i]!);
    });
  };
}

/** As unary; floats by the kernels (assembly/tensor/unary.ts). */
function tensorUnary(kind: number, f: (x: number) => number): Operator {
  return (node) => {
    const { shape, size, dtype } = node.input(0);
    if (!isFloat(dtype)) return unary(f)(node);
    node.output(shape);
    return node.step(({ kernels, px, py }) => kernels.tensor_unary(kind, 0, 0, size, px[0]!, py[0]!));
  };
}

/** A square by the kernels. */
const pow: Operator = (node) => {
  const exponent = rootOf(node.input(1));
  const square =
    exponent.data?.[0] === 2 &&
    exponent.size === 1 &&
    node.input(1).shape.length <= node.input(0).shape.length;
  if (square) tensorUnary(2, (x) => x * x)(node);
  else binary((a, b) => a ** b)(node);
};

/** One input by the kernels; `values`: α and β of a node. */
export function activation(
  name: keyof typeof ACTIVATIONS,
  values: (node: PlannedNode) => readonly [alpha: number, beta: number] = () => [0, 0],
): Operator {
  const { kind } = ACTIVATIONS[name];
  return (node) => {
    const { shape, size, dtype } = node.input(0);
    if (!isFloat(dtype)) node.fail('expected floats');
    const [alpha, beta] = values(node);
    node.output(shape);
    node.step(({ kernels, px, py }) => {
      kernels.vec_activate(kind, alpha, beta, Number.POSITIVE_INFINITY, size, px[0]!, py[0]!, 0);
    });
  };
}

/** Bounds are attributes before opset 11, then inputs, which a run may compute. */
const clip: Operator = (node) => {
  const { shape, size } = node.input(0);
  node.output(shape);
  const low = node.float('min', Number.NEGATIVE_INFINITY);
  const high = node.float('max', Number.POSITIVE_INFINITY);
  const [least, most] = [Boolean(node.inputs[1]), Boolean(node.inputs[2])];
  node.step(({ x, y }) => {
    const a = least ? x[1]![0]! : low;
    const b = most ? x[2]![0]! : high;
    const [from, to] = [x[0]!, y[0]!];
    for (let i = 0; i < size; i++) to[i] = Math.min(Math.max(from[i]!, a), b);
  });
};

const where: Operator = (node) => {
  const values = [0, 1, 2].map((i) => node.input(i));
  const shape = broadcast(node, values);
  node.output(shape, node.input(1).dtype);
  const way = walk(shape, [...values.map((v) => broadcastStrides(v.shape, shape)), stridesOf(shape)]);
  const each = rowsOf(way);
  const n = way.shape.at(-1)!;
  const [dc, da, db] = way.strides.map((own) => own.at(-1)!) as [number, number, number];
  let io: Io;
  const row = (c: number, a: number, b: number, o: number) => {
    const [x, y] = [io.x, io.y[0]!];
    for (let k = 0; k < n; k++) y[o + k] = x[0]![c + k * dc]! ? x[1]![a + k * da]! : x[2]![b + k * db]!;
  };
  node.step((given) => {
    io = given;
    each(row);
  });
};

/** The slope is broadcast to x; before opset 9 it may have one dimension, that of the channels. */
const prelu: Operator = (node) => {
  const x = node.input(0);
  let slope = node.input(1);
  if (!broadcastShape([x.shape, slope.shape]) && slope.shape.length === 1) {
    slope = { ...slope, shape: [...slope.shape, ...x.shape.slice(2).map(() => 1)], of: slope };
  }
  const shape = broadcast(node, [x, slope]);
  node.output(shape);
  node.step(
    plain(x, slope, shape, (a, s) => (a < 0 ? a * s : a)),
    { inputs: [x, slope] },
  );
};

/** Cast and CastLike: floats are truncated where they become integers; what fits no int32 is clamped. */
export const cast: Operator = (node) => {
  const from = node.input(0);
  const to = node.node.op === 'CastLike' ? node.input(1).dtype : node.int('to', 0);
  if (!Object.values<number>(DTYPES).includes(to) || to === DTYPES.string)
    node.fail(`can't cast to type ${to}`);
  const same = isFloat(from.dtype) === isFloat(to);
  const limits = RANGES[to];
  if (to === from.dtype || (same && !limits && to !== DTYPES.bool)) return node.alias(from, from.shape, to);
  const convert =
    to === DTYPES.bool
      ? (v: number) => (v === 0 ? 0 : 1)
      : limits
        ? wrap(limits)
        : isFloat(to)
          ? (v: number) => v
          : toInt;
  return unary(convert, to)(node);
};

/** Operators that work on each element by itself. */
export const ELEMENTWISE: Operators = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b, { integer: Math.imul }),
  Div: binary((a, b) => a / b, { integer: (a, b) => (a / b) | 0 }),
  Pow: pow,
  PRelu: prelu,
  Equal: binary((a, b) => +(a === b), { bool: true }),
  Less: binary((a, b) => +(a < b), { bool: true }),
  Greater: binary((a, b) => +(a > b), { bool: true }),
  And: binary((a, b) => a & b),
  Or: binary((a, b) => a | b),
  Not: unary((x) => +!x),
  Where: where,
  Clip: clip,
  Cast: cast,
  Abs: tensorUnary(1, Math.abs),
  Neg: tensorUnary(0, (x) => -x),
  Sqrt: tensorUnary(3, Math.sqrt),
  Reciprocal: tensorUnary(5, (x) => 1 / x),
  Log: unary(Math.log),
  Ceil: unary(Math.ceil),
  Floor: unary(Math.floor),
  Exp: activation('exponential'),
  Relu: (node) => (isFloat(node.input(0).dtype) ? activation('relu') : unary((x) => Math.max(0, x)))(node),
  Sigmoid: activation('sigmoid'),
  Tanh: activation('tanh'),
  Softsign: activation('softsign'),
  Softplus: activation('softplus'),
  LeakyRelu: activation('leakyrelu', (node) => [node.float('alpha', 0.01), 0]),
  Elu: activation('elu', (node) => [node.float('alpha', 1), 0]),
  HardSigmoid: activation('hardsigmoid', (node) => [node.float('alpha', 0.2), node.float('beta', 0.5)]),
};
