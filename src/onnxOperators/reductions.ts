import type { Operator, Operators, PlannedNode } from '../onnxSession/node.ts';
import { product, rowsOf, stridesOf, walk } from '../onnxSession/strided.ts';

/** A sum of some kind: `end` makes the result of it. */
export interface Reduction {
  readonly start: number;
  readonly add: (sum: number, v: number) => number;
  readonly end?: (sum: number, count: number) => number;
}

const plus = (sum: number, v: number) => sum + v;

/** By operator; sums are in float64. */
export const REDUCTIONS: Readonly<Record<string, Reduction>> = {
  ReduceSum: { start: 0, add: plus },
  ReduceMean: { start: 0, add: plus, end: (sum, count) => sum / count },
  ReduceMax: { start: Number.NEGATIVE_INFINITY, add: (a, b) => (b > a || Number.isNaN(b) ? b : a) },
  ReduceMin: { start: Number.POSITIVE_INFINITY, add: (a, b) => (b < a || Number.isNaN(b) ? b : a) },
};

/** The shape with axes reduced. */
export const kept = (node: PlannedNode, shape: readonly number[], axes: ReadonlySet<number>) =>
  node.int('keepdims', 1)
    ? shape.map((size, i) => (axes.has(i) ? 1 : size))
    : shape.filter((_, i) => !axes.has(i));

/** Without axes all are reduced, or with `noop_with_empty_axes` each element by itself. */
export function reduce({ start, add, end }: Reduction): Operator {
  return (node) => {
    const value = node.input(0);
    const { shape } = value;
    const given = node.sizes('axes', 1) ?? [];
    const asked = given.length || node.int('noop_with_empty_axes', 0) ? given : shape.map((_, i) => i);
    const axes = new Set(asked.map((a) => node.axis(a, shape.length)));
    node.output(kept(node, shape, axes));
    const strides = stridesOf(shape);
    const part = (reduced: boolean) => {
      const own = (list: readonly number[]) => list.filter((_, i) => axes.has(i) === reduced);
      return walk(own(shape), [own(strides)]);
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
    // a number that functions share would be a new object each time
    const total = new Float64Array(1);
    const inner = (at: number) => {
      let sum = total[0]!;
      let p = from + at;
      // in place: what a function of several gives would be a new object each time
      if (add === plus) for (let k = 0; k < m; k++, p += dm) sum += x[p]!;
      else for (let k = 0; k < m; k++, p += dm) sum = add(sum, x[p]!);
      total[0] = sum;
    };
    const outer = (at: number) => {
      for (let k = 0; k < n; k++) {
        from = at + k * dn;
        total[0] = start;
        eachOver(inner);
        y[o++] = end ? end(total[0], count) : total[0];
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

/** Sums, means, maxima and minima. */
export const REDUCES: Operators = Object.fromEntries(
  Object.entries(REDUCTIONS).map(([name, own]) => [name, reduce(own)]),
);
