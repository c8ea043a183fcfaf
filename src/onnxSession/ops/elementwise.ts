import { ACTIVATIONS } from '../../activationTable.ts';
import { DTYPES, dtypeName } from '../../formats/onnx/schema.ts';
import { isFloat, toInt } from '../../formats/onnx/tensor.ts';
import type { Operator, Operators, PlannedNode } from '../node.ts';
import { broadcastShape, broadcastStrides, outerOf, rowsOf, stridesOf, walk } from '../strided.ts';
import type { Io, Run, Value } from '../value.ts';
import { RANGES, wrap } from './rounding.ts';

/** The shape that inputs are broadcast to. */
export function broadcast(node: PlannedNode, values: readonly Value[]): readonly number[] {
  return (
    broadcastShape(values.map(({ shape }) => shape)) ??
    node.fail(`shapes ${values.map(({ shape }) => `[${shape}]`).join(', ')} do not broadcast`)
  );
}

/** A function of two numbers. */
export type Two = (a: number, b: number) => number;

/** y = f(a, b, c), broadcast, of one to three inputs. */
export function elementwise(
  values: readonly Value[],
  shape: readonly number[],
  f: (a: number, b: number, c: number) => number,
): Run {
  const all = [0, 1, 2].map((i) => broadcastStrides((values[i] ?? values[0]!).shape, shape));
  const way = walk(shape, [...all, stridesOf(shape)]);
  const each = rowsOf(way);
  const n = way.shape.at(-1)!;
  const [da, db, dc] = way.strides.map((own) => own.at(-1)!) as [number, number, number];
  let io: Io;
  const row = (i: number, j: number, l: number, o: number) => {
    const { x } = io;
    const a = x[0]!;
    const b = x[1] ?? a;
    const c = x[2] ?? a;
    const y = io.y[0]!;
    for (let k = 0; k < n; k++) y[o + k] = f(a[i + k * da]!, b[j + k * db]!, c[l + k * dc]!);
  };
  return (given) => {
    io = given;
    each(row);
  };
}

type Pair = [number, number];

/** By the kernels, where the innermost rows are without gaps or one number. */
function quick(kind: number, a: Value, b: Value, shape: readonly number[]): Run | undefined {
  const way = walk(shape, [...[a, b].map((v) => broadcastStrides(v.shape, shape)), stridesOf(shape)]);
  // the last two dimensions in one call
  const lastTwo = (own: readonly number[], fill: number) => [fill, ...own].slice(-2) as Pair;
  const [m, n] = lastTwo(way.shape, 1);
  const [[lda, sa], [ldb, sb]] = way.strides.map((own) => lastTwo(own, 0)) as [Pair, Pair];
  if (sa > 1 || sb > 1) return undefined;
  const each = rowsOf(outerOf(way, 2));
  let io: Io;
  const rows = (i: number, j: number, o: number) => {
    const { kernels, px, py } = io;
    kernels.tensor_binary(kind, m, n, px[0]! + 4 * i, lda, sa, px[1]! + 4 * j, ldb, sb, py[0]! + 4 * o);
  };
  return (given) => {
    io = given;
    each(rows);
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
    const kind = float ? QUICK.indexOf(node.node.op) : -1;
    const any = () => elementwise([a, b], shape, (!float && opts.integer) || f);
    const run =
      kind < 0
        ? any()
        : node.planning.share(`${kind} ${a.shape};${b.shape}`, () => quick(kind, a, b, shape) ?? any());
    node.step(run, { inputs: b === node.input(1) ? node.inputs : [a, b] });
  };
}

/** One input, the same shape. */
export function unary(f: (x: number) => number, dtype?: number): Operator {
  return (node) => {
    const x = node.input(0);
    node.output(x.shape, dtype);
    node.step(elementwise([x], x.shape, f));
  };
}

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
    const run = node.planning.share(
      `${[name, alpha, 1 / alpha, beta, 1 / beta, size]}`,
      () =>
        ({ kernels, px, py }) => {
          kernels.vec_activate(kind, alpha, beta, Number.POSITIVE_INFINITY, size, px[0]!, py[0]!, 0);
        },
    );
    node.step(run);
  };
}

/** Cast and CastLike: floats are truncated where they become integers; what fits no int32 is clamped. */
export const cast: Operator = (node) => {
  const from = node.input(0);
  const to = node.node.op === 'CastLike' ? node.input(1).dtype : node.int('to', 0);
  if (!dtypeName(to) || to === DTYPES.string) node.fail(`can't cast to type ${to}`);
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
  Cast: cast,
  Exp: activation('exponential'),
  Relu: (node) => (isFloat(node.input(0).dtype) ? activation('relu') : unary((x) => Math.max(0, x)))(node),
  Sigmoid: activation('sigmoid'),
  Tanh: activation('tanh'),
};
