import type { Operator, Operators, PlannedNode } from '../node.ts';
import { broadcastShape, broadcastStrides, copier, type Part, product, stridesOf } from '../strided.ts';
import type { Value } from '../value.ts';

/** Adds an output of `shape` read from `value` as `from` says. */
function moved(node: PlannedNode, value: Value, shape: readonly number[], from: Part): void {
  node.output(shape, value.dtype);
  const copy = copier(shape, from, { strides: stridesOf(shape) });
  node.step((io) => copy(io, 0, 0), { inputs: [value] });
}

const reshape: Operator = (node) => {
  const value = node.input(0);
  const asked = [...(node.sizes('shape', 1) ?? node.fail('has no shape'))];
  const keepsZero = node.int('allowzero', 0);
  for (const [i, size] of asked.entries()) if (size === 0 && !keepsZero) asked[i] = value.shape[i] ?? 0;
  const free = asked.indexOf(-1);
  if (free >= 0) asked[free] = value.size / product(asked.filter((_, i) => i !== free)) || 0;
  node.alias(value, asked);
};

const transpose: Operator = (node) => {
  const value = node.input(0);
  const { shape } = value;
  const perm = node.ints('perm') ?? shape.map((_, i) => shape.length - 1 - i);
  if (perm.length !== shape.length || shape.some((_, i) => !perm.includes(i)))
    node.fail(`perm [${perm}] for ${shape.length} dimensions`);
  const to = perm.map((i) => shape[i]!);
  // dimensions of size 1 may go anywhere
  const kept = perm.filter((i) => shape[i] !== 1);
  if (kept.every((i, k) => k === 0 || kept[k - 1]! < i)) return node.alias(value, to);
  const strides = stridesOf(shape);
  return moved(node, value, to, { strides: perm.map((i) => strides[i]!) });
};

const squeeze: Operator = (node) => {
  const value = node.input(0);
  const axes = node.sizes('axes', 1)?.map((axis) => node.axis(axis, value.shape.length));
  node.alias(
    value,
    value.shape.filter((size, i) => (axes ? !axes.includes(i) : size !== 1)),
  );
};

const unsqueeze: Operator = (node) => {
  const value = node.input(0);
  const axes = node.sizes('axes', 1) ?? node.fail('has no axes');
  const rank = value.shape.length + axes.length;
  const ones = new Set(axes.map((axis) => node.axis(axis, rank)));
  const sizes = value.shape.values();
  node.alias(
    value,
    Array.from({ length: rank }, (_, i) => (ones.has(i) ? 1 : (sizes.next().value ?? 1))),
  );
};

const flatten: Operator = (node) => {
  const value = node.input(0);
  const axis = node.int('axis', 1);
  node.alias(value, [product(value.shape.slice(0, axis)), product(value.shape.slice(axis))]);
};

const expand: Operator = (node) => {
  const value = node.input(0);
  const asked = Array.from(node.constant(1));
  const shape =
    broadcastShape([value.shape, asked]) ?? node.fail(`[${value.shape}] does not expand to [${asked}]`);
  if (product(shape) === value.size) return node.alias(value, shape);
  return moved(node, value, shape, { strides: broadcastStrides(value.shape, shape) });
};

const concat: Operator = (node) => {
  const { shape } = node.input(0);
  const axis = node.axis(node.int('axis', 1), shape.length);
  const along = (size: number) => shape.with(axis, size);
  const values = node.inputs.map((value, i) => node.shaped(i, along(value?.shape[axis] ?? 0)));
  join(node, values, axis, node.output(along(values.reduce((sum, own) => sum + own.shape[axis]!, 0))));
};

/** Adds the step that writes values one after the other along an axis of an output. */
export function join(node: PlannedNode, values: readonly Value[], axis: number, out: Value): void {
  const strides = stridesOf(out.shape);
  let at = 0;
  const copies = values.map((value) => {
    const offset = at * strides[axis]!;
    at += value.shape[axis]!;
    return copier(value.shape, { strides: stridesOf(value.shape) }, { strides, offset });
  });
  node.step(
    (io) => {
      for (let i = 0; i < copies.length; i++) copies[i]!(io, i, 0);
    },
    { inputs: values, outputs: [out] },
  );
}

const slice: Operator = (node) => {
  const value = node.input(0);
  const { shape } = value;
  const starts = node.sizes('starts', 1) ?? node.fail('has no starts');
  const ends = node.sizes('ends', 2) ?? node.fail('has no ends');
  const axes = (node.sizes('axes', 3) ?? starts.map((_, i) => i)).map((axis) =>
    node.axis(axis, shape.length),
  );
  const steps = node.sizes('steps', 4) ?? starts.map(() => 1);
  if ([ends, axes, steps, [...new Set(axes)]].some(({ length }) => length !== starts.length))
    node.fail(`starts [${starts}], ends [${ends}], axes [${axes}], steps [${steps}]`);
  const strides = stridesOf(shape);
  const to = [...shape];
  let offset = 0;
  for (const [i, axis] of axes.entries()) {
    const size = shape[axis]!;
    const step = steps[i] || node.fail('a step of 0');
    const back = step < 0 ? 1 : 0;
    const within = (at: number, low: number) => Math.min(size - back, Math.max(low, at < 0 ? at + size : at));
    const start = within(starts[i]!, 0);
    // backwards the first element is before the end −1
    const end = within(ends[i]!, -back);
    to[axis] = Math.max(0, Math.ceil((end - start) / step));
    offset += start * strides[axis]!;
    strides[axis]! *= step;
  }
  if (product(to) === value.size && steps.every((step) => step > 0)) return node.alias(value, to);
  return moved(node, value, to, { strides, offset });
};

const identity: Operator = (node) => node.alias(node.input(0));

/** Operators that move elements. */
export const MOVES: Operators = {
  Identity: identity,
  Reshape: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Flatten: flatten,
  Expand: expand,
  Concat: concat,
  Slice: slice,
};
