import { ACTIVATIONS } from '../../activations.ts';
import { DTYPES } from '../../formats/onnx/schema.ts';
import { isFloat } from '../../formats/onnx/tensor.ts';
import type { Operator, PlannedNode } from '../node.ts';
import { broadcastShape, broadcastStrides, rowsOf, stridesOf, walk } from '../strided.ts';
import { type Io, rootOf, type Value } from '../value.ts';
import { erf } from './erf.ts';
import { RANGES, roundEven, toInt, wrap } from './rounding.ts';

/** The shape that inputs are broadcast to. */
export function broadcast(node: PlannedNode, values: readonly Value[]): number[] {
  return (
    broadcastShape(values.map(({ shape }) => shape)) ??
    node.fail(`shapes ${values.map(({ shape }) => `[${shape}]`).join(', ')} do not broadcast`)
  );
}

type Two = (a: number, b: number) => number;

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
function binary(f: Two, opts: { integer?: Two; bool?: boolean } = {}): Operator {
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

/** Any number of inputs. */
function fold(f: Two, scale: (count: number) => number = () => 1): Operator {
  return (node) => {
    const values = node.inputs.map((_, i) => node.input(i));
    const shape = broadcast(node, values);
    const out = node.output(shape);
    const ways = values.map((v) => {
      const way = walk(shape, [broadcastStrides(v.shape, shape), stridesOf(shape)]);
      return { each: rowsOf(way), n: way.shape.at(-1)!, d: way.strides[0]!.at(-1)! };
    });
    const factor = scale(values.length);
    node.step(({ x, y }) => {
      const out = y[0]!;
      for (const [v, { each, n, d }] of ways.entries()) {
        const from = x[v]!;
        each((i, o) => {
          let p = i;
          for (let k = o; k < o + n; k++, p += d) out[k] = v ? f(out[k]!, from[p]!) : from[p]!;
        });
      }
      if (factor !== 1) for (let k = 0; k < out.length; k++) out[k]! *= factor;
    });
    return out;
  };
}

const swish = (alpha: number) => (x: number) => x / (1 + Math.exp(-alpha * x));

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
function activation(
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

/** Floats are truncated where they become integers; what fits no int32 is clamped. */
const cast: Operator = (node) => {
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

function mod(node: PlannedNode): Two {
  if (node.int('fmod', 0)) return (a, b) => a % b;
  // the sign of b, as Python's
  return (a, b) => {
    const rest = a % b;
    return rest && rest < 0 !== b < 0 ? rest + b : rest;
  };
}

/** Operators that work on each element by itself. */
export const ELEMENTWISE: Readonly<Record<string, Operator>> = {
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b, { integer: Math.imul }),
  Div: binary((a, b) => a / b, { integer: (a, b) => (a / b) | 0 }),
  Pow: pow,
  Mod: (node) => binary(mod(node))(node),
  PRelu: prelu,
  Equal: binary((a, b) => +(a === b), { bool: true }),
  Less: binary((a, b) => +(a < b), { bool: true }),
  Greater: binary((a, b) => +(a > b), { bool: true }),
  LessOrEqual: binary((a, b) => +(a <= b), { bool: true }),
  GreaterOrEqual: binary((a, b) => +(a >= b), { bool: true }),
  And: binary((a, b) => a & b),
  Or: binary((a, b) => a | b),
  Xor: binary((a, b) => a ^ b),
  BitwiseAnd: binary((a, b) => a & b),
  BitwiseOr: binary((a, b) => a | b),
  BitwiseXor: binary((a, b) => a ^ b),
  BitwiseNot: (node) => {
    const limits = RANGES[node.input(0).dtype];
    unary(limits ? (x) => wrap(limits)(~x) : (x) => ~x)(node);
  },
  BitShift: (node) => {
    const left = node.text('direction', 'LEFT') === 'LEFT';
    const limits = RANGES[node.input(0).dtype] ?? [32, node.input(0).dtype !== DTYPES.uint32];
    const keep = wrap(limits);
    binary((a, b) => {
      const n = b < 0 ? 32 : Math.min(b, 32);
      if (left) return n > 31 ? 0 : keep(a << n);
      return limits[1] ? a >> Math.min(n, 31) : n > 31 ? 0 : a >>> n;
    })(node);
  },
  Not: unary((x) => +!x),
  Min: fold(Math.min),
  Max: fold(Math.max),
  Sum: fold((a, b) => a + b),
  Mean: fold(
    (a, b) => a + b,
    (count) => 1 / count,
  ),
  Where: where,
  Clip: clip,
  Cast: cast,
  CastLike: cast,
  Abs: tensorUnary(1, Math.abs),
  Neg: tensorUnary(0, (x) => -x),
  Sqrt: tensorUnary(3, Math.sqrt),
  Reciprocal: tensorUnary(5, (x) => 1 / x),
  Log: unary(Math.log),
  Ceil: unary(Math.ceil),
  Floor: unary(Math.floor),
  Round: unary(roundEven),
  Sign: unary(Math.sign),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Tan: unary(Math.tan),
  Asin: unary(Math.asin),
  Acos: unary(Math.acos),
  Atan: unary(Math.atan),
  Sinh: unary(Math.sinh),
  Cosh: unary(Math.cosh),
  Asinh: unary(Math.asinh),
  Acosh: unary(Math.acosh),
  Atanh: unary(Math.atanh),
  Erf: unary(erf),
  IsNaN: unary((x) => +Number.isNaN(x), DTYPES.bool),
  IsInf: (node) => {
    const [low, high] = [node.int('detect_negative', 1), node.int('detect_positive', 1)];
    unary(
      (x) => +((x === Number.POSITIVE_INFINITY && high) || (x === Number.NEGATIVE_INFINITY && low)),
      DTYPES.bool,
    )(node);
  },
  HardSwish: unary((x) => (x * Math.max(0, Math.min(6, x + 3))) / 6),
  ThresholdedRelu: (node) => {
    const alpha = node.float('alpha', 1);
    unary((x) => (x > alpha ? x : 0))(node);
  },
  Shrink: (node) => {
    const [bias, lambd] = [node.float('bias', 0), node.float('lambd', 0.5)];
    unary((x) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0))(node);
  },
  Celu: (node) => {
    const alpha = node.float('alpha', 1);
    unary((x) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha)))(node);
  },
  Swish: (node) => unary(swish(node.float('alpha', 1)))(node),
  Exp: activation('exponential'),
  Relu: (node) => (isFloat(node.input(0).dtype) ? activation('relu') : unary((x) => Math.max(0, x)))(node),
  Sigmoid: activation('sigmoid'),
  Tanh: activation('tanh'),
  Softsign: activation('softsign'),
  Softplus: activation('softplus'),
  Mish: activation('mish'),
  LeakyRelu: activation('leakyrelu', (node) => [node.float('alpha', 0.01), 0]),
  Elu: activation('elu', (node) => [node.float('alpha', 1), 0]),
  HardSigmoid: activation('hardsigmoid', (node) => [node.float('alpha', 0.2), node.float('beta', 0.5)]),
  Selu: activation('selu', (node) => [
    node.float('alpha', 1.6732631921768188),
    node.float('gamma', 1.0507010221481323),
  ]),
  Gelu: (node) => activation(node.text('approximate', 'none') === 'tanh' ? 'gelutanh' : 'gelu')(node),
};
