import { DTYPES } from '../../formats/onnx/schema.ts';
import type { Operator, PlannedNode } from '../node.ts';
import { product, rowsOf, stridesOf, walk } from '../strided.ts';

interface Reduction {
  readonly start: number;
  readonly add: (sum: number, v: number) => number;
  readonly end?: (sum: number, count: number) => number;
}

const plus = (sum: number, v: number) => sum + v;
const squares = (sum: number, v: number) => sum + v * v;

/** By operator; sums are in float64. */
const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  ReduceSum: { start: 0, add: plus },
  ReduceMean: { start: 0, add: plus, end: (sum, count) => sum / count },
  ReduceMax: { start: Number.NEGATIVE_INFINITY, add: (a, b) => (b > a || Number.isNaN(b) ? b : a) },
  ReduceMin: { start: Number.POSITIVE_INFINITY, add: (a, b) => (b < a || Number.isNaN(b) ? b : a) },
  ReduceProd: { start: 1, add: (a, b) => a * b },
  ReduceL1: { start: 0, add: (sum, v) => sum + Math.abs(v) },
  ReduceL2: { start: 0, add: squares, end: Math.sqrt },
  ReduceSumSquare: { start: 0, add: squares },
  ReduceLogSum: { start: 0, add: plus, end: Math.log },
};

const kept = (node: PlannedNode, shape: readonly number[], axes: ReadonlySet<number>) =>
  node.int('keepdims', 1)
    ? shape.map((size, i) => (axes.has(i) ? 1 : size))
    : shape.filter((_, i) => !axes.has(i));

/** Without axes all are reduced, unless `noop_with_empty_axes`. */
function reduce({ start, add, end }: Reduction): Operator {
  return (node) => {
    const value = node.input(0);
    const { shape } = value;
    const given = node.sizes('axes', 1);
    if (!given?.length && node.int('noop_with_empty_axes', 0)) return node.alias(value);
    const axes = new Set(
      (given?.length ? given : shape.map((_, i) => i)).map((a) => node.axis(a, shape.length)),
    );
    node.output(kept(node, shape, axes));
    const strides = stridesOf(shape);
    const part = (reduced: boolean) => {
      const at = shape.map((_, i) => i).filter((i) => axes.has(i) === reduced);
      return walk(
        at.map((i) => shape[i]!),
        [at.map((i) => strides[i]!)],
      );
    };
    const [out, over] = [part(false), part(true)];
    const [eachOut, eachOver] = [rowsOf(out), rowsOf(over)];
    const [n, dn] = [out.shape.at(-1)!, out.strides[0]!.at(-1)!];
    const [m, dm] = [over.shape.at(-1)!, over.strides[0]!.at(-1)!];
    const count = product(over.shape);
    let x: ArrayLike<number>;
    let y: { [i: number]: number };
    let o = 0;
    let from = 0;
    let sum = 0;
    const inner = (at: number) => {
      for (let k = 0, p = from + at; k < m; k++, p += dm) sum = add(sum, x[p]!);
    };
    const outer = (at: number) => {
      for (let k = 0; k < n; k++) {
        from = at + k * dn;
        sum = start;
        eachOver(inner);
        y[o++] = end ? end(sum, count) : sum;
      }
    };
    return node.step(
      (io) => {
        x = io.x[0]!;
        y = io.y[0]!;
        o = 0;
        eachOut(outer);
      },
      { inputs: [value] },
    );
  };
}

/** Sizes before, of and after an axis. */
export function around(shape: readonly number[], axis: number): [outer: number, size: number, inner: number] {
  return [product(shape.slice(0, axis)), shape[axis] ?? 1, product(shape.slice(axis + 1))];
}

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

/** Before opset 13 all dimensions from the axis on are one; since then the axis is one by itself. */
function softmax(log: boolean): Operator {
  return (node) => {
    const value = node.input(0);
    const old = node.opset < 13;
    const axis = node.axis(node.int('axis', old ? 1 : -1), Math.max(1, value.shape.length));
    const [outer, own, after] = around(value.shape, axis);
    const [size, inner] = old ? [own * after, 1] : [own, after];
    node.output(value.shape);
    if (inner === 1) {
      return node.step(({ kernels, px, py }) => {
        if (log) kernels.log_softmax_rows(outer, size, px[0]!, py[0]!);
        else kernels.softmax_rows(outer, size, 1, px[0]!, py[0]!);
      });
    }
    return node.step(({ x, y }) => {
      const [from, to] = [x[0]!, y[0]!];
      for (let i = 0; i < outer * inner; i++) {
        const at = Math.floor(i / inner) * size * inner + (i % inner);
        const end = at + size * inner;
        let max = Number.NEGATIVE_INFINITY;
        for (let p = at; p < end; p += inner) max = Math.max(max, from[p]!);
        let sum = 0;
        for (let p = at; p < end; p += inner) sum += Math.exp(from[p]! - max);
        const less = max + Math.log(sum);
        for (let p = at; p < end; p += inner) to[p] = log ? from[p]! - less : Math.exp(from[p]! - max) / sum;
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
    const axis = node.axis(node.constant(1)![0]!, value.shape.length);
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
  const k = node.has('k') ? node.int('k', 0) : node.constant(1)![0]!;
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
export const REDUCES: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(Object.entries(REDUCTIONS).map(([name, own]) => [name, reduce(own)])),
  ReduceLogSumExp: logSumExp,
  ArgMax: argument(1),
  ArgMin: argument(-1),
  Softmax: softmax(false),
  LogSoftmax: softmax(true),
  Hardmax: hardmax,
  CumSum: cumulative(REDUCTIONS.ReduceSum!),
  CumProd: cumulative(REDUCTIONS.ReduceProd!),
  TopK: topK,
};
