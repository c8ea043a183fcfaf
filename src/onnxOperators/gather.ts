import { known, type Operator, type Operators } from '../onnxSession/node.ts';
import { place } from '../onnxSession/ops/gather.ts';
import { around } from '../onnxSession/ops/softmax.ts';
import { product } from '../onnxSession/strided.ts';
import { checkLengths } from './directions.ts';
import { gatherElements, mergeOf, tuples } from './indices.ts';

const scatterElements: Operator = (node) => {
  const { base, step, size } = gatherElements(node);
  const merge = mergeOf(node);
  node.shaped(2, node.input(1).shape);
  node.output(node.input(0).shape);
  const { where } = node;
  node.step(({ x, y }) => {
    const to = y[0]!;
    to.set(x[0]!);
    const from = base();
    for (let k = 0; k < from.length; k++) {
      const at = from[k]! + place(x[1]![k]!, size, where) * step;
      to[at] = merge(to[at]!, x[2]![k]!);
    }
  });
};

const gatherND: Operator = (node) => {
  const [value, indices] = [node.input(0), node.input(1)];
  const batch = node.int('batch_dims', 0);
  if (String(indices.shape.slice(0, batch)) !== String(value.shape.slice(0, batch)))
    node.fail(`indices [${indices.shape}] of [${value.shape}] with ${batch} batch_dims`);
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

/** Reverses the first lengths[n] steps of each row. */
const reverseSequence: Operator = (node) => {
  const value = node.input(0);
  const { shape } = value;
  const [time, batch] = [node.int('time_axis', 0), node.int('batch_axis', 1)];
  if (time * batch || time + batch !== 1 || shape.length < 2)
    node.fail(`time_axis ${time} and batch_axis ${batch} of [${shape}]`);
  const lengths = node.shaped(1, [shape[batch]!]);
  node.output(shape);
  const inner = product(shape.slice(2));
  const strides = [shape[1]! * inner, inner];
  const [T, B] = [shape[time]!, shape[batch]!];
  node.step(
    ({ x, y }) => {
      checkLengths(node, x[1]!, T);
      for (let b = 0; b < B; b++) {
        const length = x[1]![b]!;
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
  const k = node.inputs[1] ? node.constant(1)[0]! : 0;
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
  const kept = [...node.constant(1)].flatMap((v, i) => (v ? [i] : []));
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
  const at = Boolean(node.inputs[2] && node.shaped(2, [past.shape[0]!]));
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
export const GATHERS: Operators = {
  Compress: compress,
  TensorScatter: tensorScatter,
  GatherND: gatherND,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ReverseSequence: reverseSequence,
  Trilu: trilu,
};
