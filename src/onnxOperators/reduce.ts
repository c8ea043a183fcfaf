import { DTYPES } from '../formats/onnx/schema.ts';
import type { Operator, Operators } from '../onnxSession/node.ts';
import { around } from '../onnxSession/ops/softmax.ts';
import { kept, type Reduction, reduce } from './reductions.ts';

const plus = (sum: number, v: number) => sum + v;
const squares = (sum: number, v: number) => sum + v * v;
const SUM: Reduction = { start: 0, add: plus };
const PRODUCT: Reduction = { start: 1, add: (a, b) => a * b };

function argument(sign: 1 | -1): Operator {
  return (node) => {
    const value = node.input(0);
    const axis = node.axis(node.int('axis', 0), value.shape.length);
    const last = node.int('select_last_index', 0);
    const [outer, size, inner] = around(value.shape, axis);
    node.output(kept(node, value.shape, new Set([axis])), DTYPES.int64);
    node.step(({ x, y }) => {
      for (let i = 0; i < outer * inner; i++) {
        const from = Math.floor(i / inner) * size * inner + (i % inner);
        let best = 0;
        for (let k = 1; k < size; k++) {
          const d = sign * (x[0]![from + k * inner]! - x[0]![from + best * inner]!);
          if (d > 0 || (last && d === 0)) best = k;
        }
        y[0]![i] = best;
      }
    });
  };
}

/** 1 for the largest of each row, 0 elsewhere. */
const hardmax: Operator = (node) => {
  const value = node.input(0);
  const old = node.opset < 13;
  const axis = node.axis(node.int('axis', old ? 1 : -1), value.shape.length);
  const [outer, own, after] = around(value.shape, axis);
  const [size, inner] = old ? [own * after, 1] : [own, after];
  node.output(value.shape);
  node.step(({ x, y }) => {
    y[0]!.fill(0);
    for (let i = 0; i < outer * inner; i++) {
      const at = Math.floor(i / inner) * size * inner + (i % inner);
      let best = at;
      for (let p = at; p < at + size * inner; p += inner) if (x[0]![p]! > x[0]![best]!) best = p;
      y[0]![best] = 1;
    }
  });
};

const logSumExp: Operator = (node) => {
  // less the largest, which is added again
  const parts: Reduction = {
    start: Number.NEGATIVE_INFINITY,
    add: (sum, v) => {
      const [low, high] = sum < v ? [sum, v] : [v, sum];
      return high === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(low - high));
    },
  };
  return reduce(parts)(node);
};

/** Sums or products of all elements up to each one along an axis. */
function cumulative({ start, add }: Reduction): Operator {
  return (node) => {
    const value = node.input(0);
    const axis = node.axis(node.constant(1)[0]!, value.shape.length);
    const [exclusive, reverse] = [node.int('exclusive', 0), node.int('reverse', 0)];
    const [outer, size, inner] = around(value.shape, axis);
    node.output(value.shape);
    node.step(({ x, y }) => {
      for (let i = 0; i < outer * inner; i++) {
        const from = Math.floor(i / inner) * size * inner + (i % inner);
        let sum = start;
        for (let k = 0; k < size; k++) {
          const at = from + (reverse ? size - 1 - k : k) * inner;
          const next = add(sum, x[0]![at]!);
          y[0]![at] = exclusive ? sum : next;
          sum = next;
        }
      }
    });
  };
}

/** The k largest or smallest along an axis, sorted; equal ones in their order. */
const topK: Operator = (node) => {
  const value = node.input(0);
  const k = node.has('k') ? node.int('k', 0) : node.constant(1)[0]!;
  const axis = node.axis(node.int('axis', -1), value.shape.length);
  const sign = node.int('largest', 1) ? 1 : -1;
  const [outer, size, inner] = around(value.shape, axis);
  if (k > size) node.fail(`the ${k} largest of ${size}`);
  const shape = value.shape.map((own, i) => (i === axis ? k : own));
  node.output(shape);
  node.output(shape, DTYPES.int64);
  const order = new Int32Array(size);
  let from = 0;
  let x: ArrayLike<number>;
  const compare = (a: number, b: number) => sign * (x[from + b * inner]! - x[from + a * inner]!) || a - b;
  node.step((io) => {
    x = io.x[0]!;
    for (let i = 0; i < outer * inner; i++) {
      from = Math.floor(i / inner) * size * inner + (i % inner);
      for (let j = 0; j < size; j++) order[j] = j;
      order.sort(compare);
      for (let j = 0; j < k; j++) {
        const to = Math.floor(i / inner) * k * inner + j * inner + (i % inner);
        io.y[0]![to] = x[from + order[j]! * inner]!;
        io.y[1]![to] = order[j]!;
      }
    }
  });
};

/** Operators that reduce an axis, or go along it. */
export const REDUCES: Operators = {
  ReduceProd: reduce(PRODUCT),
  ReduceL1: reduce({ start: 0, add: (sum, v) => sum + Math.abs(v) }),
  ReduceL2: reduce({ start: 0, add: squares, end: Math.sqrt }),
  ReduceSumSquare: reduce({ start: 0, add: squares }),
  ReduceLogSum: reduce({ start: 0, add: plus, end: Math.log }),
  ReduceLogSumExp: logSumExp,
  ArgMax: argument(1),
  ArgMin: argument(-1),
  Hardmax: hardmax,
  CumSum: cumulative(SUM),
  CumProd: cumulative(PRODUCT),
  TopK: topK,
};
