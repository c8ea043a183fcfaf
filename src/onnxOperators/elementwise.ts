import { DTYPES } from '../formats/onnx/schema.ts';
import type { Operator, Operators, PlannedNode } from '../onnxSession/node.ts';
import { activation, binary, broadcast, cast, type Two, unary } from '../onnxSession/ops/elementwise.ts';
import { RANGES, wrap } from '../onnxSession/ops/rounding.ts';
import { broadcastStrides, rowsOf, stridesOf, walk } from '../onnxSession/strided.ts';
import { erf } from './erf.ts';
import { roundEven } from './rounding.ts';

/** Any number of inputs. */
function fold(f: Two, scale: (count: number) => number = () => 1): Operator {
  return (node) => {
    const { dtype } = node.input(0);
    const values = node.inputs.map((_, i) => node.input(i));
    const shape = broadcast(node, values);
    const out = node.output(shape, dtype);
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

function mod(node: PlannedNode): Two {
  if (node.int('fmod', 0)) return (a, b) => a % b;
  // the sign of b, as Python's
  return (a, b) => {
    const rest = a % b;
    return rest && rest < 0 !== b < 0 ? rest + b : rest;
  };
}

const swish = (alpha: number) => (x: number) => x / (1 + Math.exp(-alpha * x));

/** Operators that work on each element by itself. */
export const ELEMENTWISE: Operators = {
  Mod: (node) => binary(mod(node))(node),
  LessOrEqual: binary((a, b) => +(a <= b), { bool: true }),
  GreaterOrEqual: binary((a, b) => +(a >= b), { bool: true }),
  Xor: binary((a, b) => a ^ b),
  BitwiseAnd: binary((a, b) => a & b),
  BitwiseOr: binary((a, b) => a | b),
  BitwiseXor: binary((a, b) => a ^ b),
  BitwiseNot: (node) => {
    const limits = RANGES[node.input(0).dtype];
    unary(limits ? (x) => wrap(limits)(~x) : (x) => ~x)(node);
  },
  BitShift: (node) => {
    const left = node.oneOf('direction', ['LEFT', 'RIGHT']) === 'LEFT';
    const limits = RANGES[node.input(0).dtype] ?? [32, node.input(0).dtype !== DTYPES.uint32];
    const keep = wrap(limits);
    binary((a, b) => {
      const n = b < 0 ? 32 : Math.min(b, 32);
      if (left) return n > 31 ? 0 : keep(a << n);
      return limits[1] ? a >> Math.min(n, 31) : n > 31 ? 0 : a >>> n;
    })(node);
  },
  Min: fold(Math.min),
  Max: fold(Math.max),
  Sum: fold((a, b) => a + b),
  Mean: fold(
    (a, b) => a + b,
    (count) => 1 / count,
  ),
  CastLike: cast,
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
  Mish: activation('mish'),
  Selu: activation('selu', (node) => [
    node.float('alpha', 1.6732631921768188),
    node.float('gamma', 1.0507010221481323),
  ]),
  Gelu: (node) =>
    activation(node.oneOf('approximate', ['none', 'tanh']) === 'tanh' ? 'gelutanh' : 'gelu')(node),
};
