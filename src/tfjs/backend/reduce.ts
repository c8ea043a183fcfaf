import type { Heap } from '../heap.ts';
import { isSegmented } from '../segmentSum.ts';
import type { TensorInfo } from '../tf.ts';
import { viewOf } from './data.ts';
import type { OwnKernel } from './own.ts';
import { axesOf, sizeOf } from './shape.ts';

/** Reduces the middle axis of x[m, k, n]. */
type Reduce = (heap: Heap, m: number, k: number, n: number, x: number, y: number) => void;

const sum: Reduce = ({ arena }, ...args) => arena.kernels.tensor_sum(...args);
const max: Reduce = ({ arena }, ...args) => arena.kernels.tensor_max(...args);
const mean: Reduce = (heap, m, k, n, x, y) => {
  sum(heap, m, k, n, x, y);
  heap.arena.kernels.vec_scale(m * n, 1 / k, y);
};
/** Whether all bytes are not 0. */
const all: Reduce = (heap, m, k, n, x, y) => {
  const to = viewOf(heap, 'bool', y, m * n).fill(1);
  for (const [i, value] of viewOf(heap, 'bool', x, m * k * n).entries())
    if (!value) to[Math.floor(i / (k * n)) * n + (i % n)] = 0;
};

/** The reduced axes must be neighbours, axes of size 1 aside. */
function reduction(reduce: Reduce, needsValues: boolean, dtype = 'float32'): OwnKernel {
  return ({ inputs, attrs, backend }) => {
    const x = inputs.x!;
    const { shape } = x;
    const axes = axesOf(attrs.reductionIndices ?? attrs.axis, shape.length);
    const from = backend.pointer(x, dtype);
    if (from === undefined || !axes) return undefined;
    const wide = axes.filter((axis) => shape[axis] !== 1);
    const first = wide[0] ?? 0;
    const end = (wide.at(-1) ?? -1) + 1;
    for (let i = first; i < end; i++) if (shape[i] !== 1 && !wide.includes(i)) return undefined;
    const m = sizeOf(shape.slice(0, first));
    const k = sizeOf(shape.slice(first, end));
    const n = sizeOf(shape.slice(Math.max(first, end)));
    if (needsValues && k === 0) return undefined;
    const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const left = attrs.keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
    const { ptr, info } = backend.make(left, dtype);
    reduce(backend.heap, m, k, n, from, ptr);
    return info;
  };
}

/** The index of the largest value of each row. */
const argMax: OwnKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const [axis] = axesOf(attrs.axis, x.shape.length) ?? [];
  const from = backend.pointer(x, 'float32');
  const n = x.shape.at(-1);
  if (from === undefined || !n || axis !== x.shape.length - 1) return undefined;
  const { ptr, info } = backend.make(x.shape.slice(0, -1), 'int32');
  const { kernels, heap } = backend;
  const m = sizeOf(info.shape);
  for (let i = 0; i < m; i++) {
    const row = from + i * n * 4;
    // of NaN first, TF.js gives its index
    heap.arena.i32[ptr / 4 + i] = heap.arena.f32[row / 4]! >= -Infinity ? kernels.index_of_max(n, row) : 0;
  }
  return info;
};

const softmax: OwnKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.logits!;
  const from = backend.pointer(x, 'float32');
  const n = x.shape.at(-1);
  if (from === undefined || !n || ![-1, x.shape.length - 1].includes(attrs.dim)) return undefined;
  const { ptr, info } = backend.make(x.shape);
  backend.kernels.softmax_rows(sizeOf(x.shape) / n, n, 1, from, ptr);
  return info;
};

/** Slices of x along an axis, by index. */
const gather: OwnKernel = ({ inputs, attrs, backend }) => {
  const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo };
  const [axis] = axesOf(attrs.axis ?? 0, x.shape.length) ?? [];
  const from = backend.pointer(x, 'float32');
  const at = backend.pointer(indices, 'int32');
  if (from === undefined || at === undefined || axis === undefined || attrs.batchDims) return undefined;
  const { kernels } = backend;
  const many = sizeOf(indices.shape);
  const rows = x.shape[axis]!;
  // the cpu backend refuses it
  if (rows === 0 || kernels.find_bad_index(many, at, rows, 0) >= 0) return undefined;
  const inner = x.shape.slice(axis + 1);
  const outer = x.shape.slice(0, axis);
  const { ptr, info } = backend.make([...outer, ...indices.shape, ...inner]);
  const width = sizeOf(inner);
  for (let i = 0; i < sizeOf(outer); i++) {
    kernels.gather_rows(many, width, from + i * rows * width * 4, at, ptr + i * many * width * 4);
  }
  return info;
};

const unsortedSegmentSum: OwnKernel = (call) => {
  const { inputs, attrs, backend } = call;
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const from = backend.pointer(x, 'float32');
  const { shape } = segmentIds;
  const ids = backend.pointer(segmentIds, 'int32');
  if (from === undefined || ids === undefined || !isSegmented(call)) return undefined;
  const rest = x.shape.slice(shape.length);
  const { ptr, info } = backend.make([attrs.numSegments, ...rest]);
  const m = sizeOf(shape);
  backend.kernels.segment_sum(m, sizeOf(rest), from, ids, attrs.numSegments, ptr);
  return info;
};

export const rows: Readonly<Record<string, OwnKernel>> = {
  All: reduction(all, false, 'bool'),
  ArgMax: argMax,
  GatherV2: gather,
  Max: reduction(max, true),
  Mean: reduction(mean, true),
  Softmax: softmax,
  Sum: reduction(sum, false),
  UnsortedSegmentSum: unsortedSegmentSum,
};
