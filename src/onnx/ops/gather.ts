import { FormatError } from '../../errors.ts';
import type { TensorData } from '../../formats/onnx/tensor.ts';
import { known, type Operator, type PlannedNode } from '../node.ts';
import { product, stridesOf } from '../strided.ts';
import type { Value } from '../value.ts';
import { around } from './reduce.ts';

/** Steps of `size` elements that one index stands for. */
const gather: Operator = (node) => {
  const [value, indices] = [node.input(0), node.input(1)];
  const axis = node.axis(node.int('axis', 0), value.shape.length);
  const size = value.shape[axis]!;
  const outer = product(value.shape.slice(0, axis));
  const inner = product(value.shape.slice(axis + 1));
  node.output([...value.shape.slice(0, axis), ...indices.shape, ...value.shape.slice(axis + 1)]);
  const count = indices.size;
  const { where } = node;
  node.step(({ x, y }) => {
    const [from, at] = [x[0]!, x[1]!];
    const to = y[0]!;
    let o = 0;
    for (let i = 0; i < outer; i++) {
      for (let k = 0; k < count; k++) {
        let p = (i * size + place(at[k]!, size, where)) * inner;
        for (let j = 0; j < inner; j++) to[o++] = from[p++]!;
      }
    }
  });
};

/** An index from 0 to size − 1. @throws {FormatError} outside of it */
function place(index: number, size: number, where: string): number {
  const at = index < 0 ? index + size : index;
  if (!(at >= 0 && at < size)) throw new FormatError(`${where}: index ${index} of ${size}`);
  return at;
}

/** Offset in x of each element of the indices but for the axis, and of one step along it. */
function gatherElements(node: PlannedNode): { base: Int32Array; step: number; size: number } {
  const [value, indices] = [node.input(0), node.input(1)];
  if (value.shape.length !== indices.shape.length) node.fail('indices of another rank');
  const axis = node.axis(node.int('axis', 0), value.shape.length);
  const strides = stridesOf(value.shape);
  const base = new Int32Array(indices.size);
  const way = strides.map((stride, i) => (i === axis ? 0 : stride));
  const own = stridesOf(indices.shape);
  for (let k = 0; k < indices.size; k++) {
    let at = 0;
    for (let i = 0; i < own.length; i++) at += (Math.floor(k / own[i]!) % indices.shape[i]!) * way[i]!;
    base[k] = at;
  }
  return { base, step: strides[axis]!, size: value.shape[axis]! };
}

const gatherElementsOf: Operator = (node) => {
  const { base, step, size } = gatherElements(node);
  node.output(node.input(1).shape);
  const { where } = node;
  node.step(({ x, y }) => {
    for (let k = 0; k < base.length; k++) y[0]![k] = x[0]![base[k]! + place(x[1]![k]!, size, where) * step]!;
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

function mergeOf(node: PlannedNode): Merge {
  const name = node.text('reduction', 'none');
  return MERGES[name] ?? node.fail(`reduction ${name}`);
}

const scatterElements: Operator = (node) => {
  const { base, step, size } = gatherElements(node);
  const merge = mergeOf(node);
  node.output(node.input(0).shape);
  const { where } = node;
  node.step(({ x, y }) => {
    const to = y[0]!;
    to.set(x[0]!);
    for (let k = 0; k < base.length; k++) {
      const at = base[k]! + place(x[1]![k]!, size, where) * step;
      to[at] = merge(to[at]!, x[2]![k]!);
    }
  });
};

/** Offsets that tuples of indices stand for, and elements of each. */
function tuples(node: PlannedNode, shape: readonly number[], indices: Value) {
  const depth = indices.shape.at(-1) ?? 0;
  if (depth > shape.length) node.fail(`indices of ${depth} for ${shape.length} dimensions`);
  const strides = stridesOf(shape);
  const { where } = node;
  const offset = (at: TensorData, k: number) => {
    let sum = 0;
    for (let i = 0; i < depth; i++) sum += place(at[k * depth + i]!, shape[i]!, where) * strides[i]!;
    return sum;
  };
  return { offset, count: indices.size / depth || 0, inner: product(shape.slice(depth)), depth };
}

const gatherND: Operator = (node) => {
  const [value, indices] = [node.input(0), node.input(1)];
  const batch = node.int('batch_dims', 0);
  const { offset, count, inner, depth } = tuples(node, value.shape.slice(batch), indices);
  node.output([...indices.shape.slice(0, -1), ...value.shape.slice(batch + depth)]);
  const batches = product(value.shape.slice(0, batch));
  const size = product(value.shape.slice(batch));
  node.step(({ x, y }) => {
    let o = 0;
    for (let k = 0; k < count; k++) {
      let p = Math.floor((k * batches) / count) * size + offset(x[1]!, k);
      for (let j = 0; j < inner; j++) y[0]![o++] = x[0]![p++]!;
    }
  });
};

const scatterND: Operator = (node) => {
  const value = node.input(0);
  const { offset, count, inner } = tuples(node, value.shape, node.input(1));
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

/** Reverses the first lengths[n] steps of each row. */
const reverseSequence: Operator = (node) => {
  const [value, lengths] = [node.input(0), node.input(1)];
  const { shape } = value;
  const [time, batch] = [node.int('time_axis', 0), node.int('batch_axis', 1)];
  node.output(shape);
  const inner = product(shape.slice(2));
  const strides = [shape[1]! * inner, inner];
  const [T, B] = [shape[time]!, shape[batch]!];
  node.step(
    ({ x, y }) => {
      for (let b = 0; b < B; b++) {
        const length = Math.max(0, Math.min(T, x[1]![b]!));
        for (let t = 0; t < T; t++) {
          const from = b * strides[batch]! + (t < length ? length - 1 - t : t) * strides[time]!;
          const to = b * strides[batch]! + t * strides[time]!;
          for (let j = 0; j < inner; j++) y[0]![to + j] = x[0]![from + j]!;
        }
      }
    },
    { inputs: [value, lengths] },
  );
};

const trilu: Operator = (node) => {
  const value = node.input(0);
  const [rows, columns] = value.shape.slice(-2) as [number, number];
  const k = node.constant(1)?.[0] ?? 0;
  const upper = node.int('upper', 1);
  node.output(value.shape);
  node.step(
    ({ x, y }) => {
      for (let i = 0; i < value.size; i++) {
        const d = (i % columns) - (Math.floor(i / columns) % rows);
        y[0]![i] = (upper ? d >= k : d <= k) ? x[0]![i]! : 0;
      }
    },
    { inputs: [value] },
  );
};

/** Indices whose condition is true, which is known; without an axis of all elements. */
const compress: Operator = (node) => {
  const value = node.input(0);
  const kept = [...node.constant(1)!].flatMap((v, i) => (v ? [i] : []));
  const flat = { ...value, shape: [value.size], of: value };
  const axis = node.has('axis') ? node.int('axis', 0) : undefined;
  node.alias(node.call('Gather', [axis === undefined ? flat : value, known(kept)], { axis: axis ?? 0 }));
};

/** Steps of a cache that are overwritten from the index of each row on. */
const tensorScatter: Operator = (node) => {
  const [past, update] = [node.input(0), node.input(1)];
  const axis = node.axis(node.int('axis', -2), past.shape.length);
  const [outer, size, inner] = around(past.shape, axis);
  const count = update.shape[axis]!;
  const circular = node.text('mode', 'linear') === 'circular';
  if (axis === 0 || update.size !== outer * count * inner)
    node.fail(`[${update.shape}] into [${past.shape}]`);
  const rows = outer / past.shape[0]!;
  const at = Boolean(node.inputs[2]);
  node.output(past.shape);
  node.step(({ x, y }) => {
    y[0]!.set(x[0]!);
    for (let o = 0; o < outer; o++) {
      const start = at ? x[2]![Math.floor(o / rows)]! : 0;
      for (let t = 0; t < count; t++) {
        const to = circular ? (((start + t) % size) + size) % size : start + t;
        if (to < 0 || to >= size) continue;
        for (let i = 0; i < inner; i++)
          y[0]![(o * size + to) * inner + i] = x[1]![(o * count + t) * inner + i]!;
      }
    }
  });
};

/** Operators whose elements go where indices say. */
export const GATHERS: Readonly<Record<string, Operator>> = {
  Compress: compress,
  TensorScatter: tensorScatter,
  Gather: gather,
  GatherElements: gatherElementsOf,
  GatherND: gatherND,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  ReverseSequence: reverseSequence,
  Trilu: trilu,
};
