import type { TensorData } from '../formats/onnx/tensor.ts';
import type { Operator, PlannedNode } from '../onnxSession/node.ts';
import { place } from '../onnxSession/ops/gather.ts';
import { product, stridesOf } from '../onnxSession/strided.ts';
import type { Value } from '../onnxSession/value.ts';

/**
 * Offset in x of each element of the indices but for the axis, worked out by the first run, and of one step along the axis.
 */
export function gatherElements(node: PlannedNode): { base: () => Int32Array; step: number; size: number } {
  const [value, indices] = [node.input(0), node.input(1)];
  const rank = value.shape.length;
  const axis = node.axis(node.int('axis', 0), rank);
  if (indices.shape.length !== rank || indices.shape.some((n, i) => i !== axis && n > value.shape[i]!))
    node.fail(`indices [${indices.shape}] of [${value.shape}]`);
  const strides = stridesOf(value.shape);
  const way = strides.map((stride, i) => (i === axis ? 0 : stride));
  const own = stridesOf(indices.shape);
  let known: Int32Array | undefined;
  const base = () => {
    if (known) return known;
    known = new Int32Array(indices.size);
    for (let k = 0; k < indices.size; k++) {
      let at = 0;
      for (let i = 0; i < own.length; i++) at += (Math.floor(k / own[i]!) % indices.shape[i]!) * way[i]!;
      known[k] = at;
    }
    return known;
  };
  return { base, step: strides[axis]!, size: value.shape[axis]! };
}

/** The operator GatherElements. */
export const gatherElementsOf: Operator = (node) => {
  const { base, step, size } = gatherElements(node);
  node.output(node.input(1).shape);
  const { where } = node;
  node.step(({ x, y }) => {
    const from = base();
    for (let k = 0; k < from.length; k++) y[0]![k] = x[0]![from[k]! + place(x[1]![k]!, size, where) * step]!;
  });
};

type Merge = (old: number, update: number) => number;
const MERGES: Readonly<Record<string, Merge>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  min: Math.min,
  max: Math.max,
};

/** How an update is merged with what was there. */
export function mergeOf(node: PlannedNode): Merge {
  return MERGES[node.oneOf('reduction', Object.keys(MERGES))]!;
}

/** Offsets that tuples of indices stand for, and elements of each. */
export function tuples(node: PlannedNode, shape: readonly number[], indices: Value) {
  const depth = indices.shape.at(-1) ?? 0;
  if (depth > shape.length) node.fail(`indices [${indices.shape}] of [${shape}]`);
  const strides = stridesOf(shape);
  const { where } = node;
  const offset = (at: TensorData, k: number) => {
    let sum = 0;
    for (let i = 0; i < depth; i++) sum += place(at[k * depth + i]!, shape[i]!, where) * strides[i]!;
    return sum;
  };
  return { offset, count: indices.size / depth || 0, inner: product(shape.slice(depth)), depth };
}

/** The operator ScatterND. */
export const scatterND: Operator = (node) => {
  const value = node.input(0);
  const indices = node.input(1);
  const { offset, count, inner, depth } = tuples(node, value.shape, indices);
  node.shaped(2, [...indices.shape.slice(0, -1), ...value.shape.slice(depth)]);
  const merge = mergeOf(node);
  node.output(value.shape);
  node.step(({ x, y }) => {
    const to = y[0]!;
    to.set(x[0]!);
    let o = 0;
    for (let k = 0; k < count; k++) {
      let p = offset(x[1]!, k);
      for (let j = 0; j < inner; j++, p++) to[p] = merge(to[p]!, x[2]![o++]!);
    }
  });
};
