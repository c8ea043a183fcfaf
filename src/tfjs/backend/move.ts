import { mergedAxes } from '../../axes.ts';
import type { TensorInfo } from '../tf.ts';
import type { UnrolledBackend } from './backend.ts';
import { BYTES } from './data.ts';
import { type OwnKernel, pointersOf, shared } from './own.ts';
import { areSizes, axesOf, forOuter, isSame, sizeOf, stridesOf } from './shape.ts';

/** y at its strides = x at its strides, for all indices of the axes. Pointers; strides in values, those of x may be 0. */
export function copy(
  { kernels }: UnrolledBackend,
  bytes: number,
  sizes: readonly number[],
  x: number,
  strideX: readonly number[],
  y: number,
  strideY: readonly number[],
): void {
  const axes = mergedAxes(sizes, [strideX, strideY]);
  const inner = (values: readonly number[], otherwise: number) =>
    [...new Array<number>(4).fill(otherwise), ...values].slice(-4) as [number, number, number, number];
  const [s, t] = axes.strides.map((own) => inner(own, 0)) as [typeof n, typeof n];
  const n = inner(axes.sizes, 1);
  forOuter(axes, 4, ([i, j]) =>
    kernels.tensor_copy(bytes >> 1, ...n, x + i! * bytes, ...s, y + j! * bytes, ...t),
  );
}

const transpose: OwnKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const from = backend.pointer(x);
  const perm: number[] = attrs.perm;
  if (from === undefined || axesOf(perm, x.shape.length)?.length !== perm.length) return undefined;
  const shape = perm.map((axis) => x.shape[axis]!);
  const { ptr, info } = backend.make(shape, x.dtype);
  const strides = stridesOf(x.shape);
  const own = perm.map((axis) => strides[axis]!);
  const axes = mergedAxes(shape, [own, stridesOf(shape)]);
  const bytes = BYTES[x.dtype]!;
  // the last two axes change places
  if (axes.strides[0]!.at(-2) === 1 && bytes === 4) {
    const [rows, columns] = axes.sizes.slice(-2) as [number, number];
    const ld = axes.strides[0]!.at(-1)!;
    forOuter(axes, 2, ([i, j]) => {
      backend.kernels.transpose(columns, rows, from + i! * 4, ld, ptr + j! * 4, columns);
    });
  } else copy(backend, bytes, shape, from, own, ptr, stridesOf(shape));
  return info;
};

/** begin and size as TF.js reads them: short lists are filled up, size −1 is the rest. */
function range(
  shape: readonly number[],
  begin: number | number[],
  size: number | number[] | null | undefined,
) {
  const first = [begin].flat();
  const many = [size ?? []].flat();
  const at = shape.map((_, i) => first[i] ?? 0);
  const sizes = shape.map((n, i) => ((many[i] ?? -1) === -1 ? n - at[i]! : many[i]!));
  const fits = shape.every((n, i) => at[i]! + sizes[i]! <= n);
  return fits && areSizes(...at, ...sizes) ? { at, sizes } : undefined;
}

/** Part of a tensor. */
function part(
  backend: UnrolledBackend,
  x: TensorInfo,
  from: number,
  at: readonly number[],
  sizes: readonly number[],
  shape: readonly number[] = sizes,
): TensorInfo {
  const { ptr, info } = backend.make([...shape], x.dtype);
  const strides = stridesOf(x.shape);
  const first = at.reduce((sum, i, axis) => sum + i * strides[axis]!, 0);
  const bytes = BYTES[x.dtype]!;
  copy(backend, bytes, sizes, from + first * bytes, strides, ptr, stridesOf(sizes));
  return info;
}

const slice: OwnKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const from = backend.pointer(x);
  const found = range(x.shape, attrs.begin, attrs.size);
  if (from === undefined || !found) return undefined;
  if (isSame(found.sizes, x.shape)) return shared(backend, x);
  return part(backend, x, from, found.at, found.sizes);
};

/** Parts of a tensor along an axis, which is left out of their shapes unless it is kept. */
function parts(
  backend: UnrolledBackend,
  x: TensorInfo,
  axis: number | undefined,
  sizesOf: (n: number) => readonly number[],
  isKept: boolean,
): TensorInfo[] | undefined {
  const from = backend.pointer(x);
  if (from === undefined || axis === undefined) return undefined;
  const n = x.shape[axis]!;
  const sizes = sizesOf(n);
  if (!areSizes(...sizes) || sizes.reduce((a, b) => a + b, 0) !== n) return undefined;
  let first = 0;
  return sizes.map((size) => {
    const shape = x.shape.with(axis, size);
    const at = shape.map((_, i) => (i === axis ? first : 0));
    first += size;
    return part(backend, x, from, at, shape, isKept ? shape : shape.toSpliced(axis, 1));
  });
}

const unpack: OwnKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.value!;
  const [axis] = axesOf(attrs.axis, x.shape.length) ?? [];
  return parts(backend, x, axis, (n) => new Array(n).fill(1), false);
};

const split: OwnKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const [axis] = axesOf(attrs.axis, x.shape.length) ?? [];
  const given: number | number[] = attrs.numOrSizeSplits;
  const sizes = (n: number) => (typeof given === 'number' ? new Array(given).fill(n / given) : given);
  return parts(backend, x, axis, sizes, true);
};

/** Tensors of one type next to each other along an axis of `shape`. */
function joined(
  backend: UnrolledBackend,
  tensors: readonly TensorInfo[],
  axis: number,
  shape: number[],
): TensorInfo | undefined {
  const { dtype } = tensors[0]!;
  const pointers = pointersOf(backend, dtype, tensors);
  if (!pointers) return undefined;
  const { ptr, info } = backend.make(shape, dtype);
  const rows = sizeOf(shape.slice(0, axis));
  const total = sizeOf(shape.slice(axis));
  const bytes = BYTES[dtype]!;
  let at = ptr;
  for (const [i, from] of pointers.entries()) {
    const width = sizeOf(tensors[i]!.shape.slice(axis));
    copy(backend, bytes, [rows, width], from, [width, 1], at, [total, 1]);
    at += width * bytes;
  }
  return info;
}

const concat: OwnKernel = ({ inputs, attrs, backend }) => {
  const all = Object.values(inputs);
  const { shape } = all[0]!;
  const [axis] = axesOf(attrs.axis, shape.length) ?? [];
  if (axis === undefined) return undefined;
  const fits = all.every((each) => isSame(each.shape, shape.with(axis, each.shape[axis]!)));
  if (!fits) return undefined;
  if (all.length === 1) return shared(backend, all[0]!);
  const total = all.reduce((sum, each) => sum + each.shape[axis]!, 0);
  return joined(backend, all, axis, shape.with(axis, total));
};

const pack: OwnKernel = ({ inputs, attrs, backend }) => {
  const all = Object.values(inputs);
  const { shape } = all[0]!;
  const [axis] = axesOf(attrs.axis, shape.length + 1) ?? [];
  if (axis === undefined || !all.every((each) => isSame(each.shape, shape))) return undefined;
  return joined(backend, all, axis, shape.toSpliced(axis, 0, all.length));
};

const tile: OwnKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const from = backend.pointer(x);
  const reps: number[] = attrs.reps;
  if (from === undefined || reps.length !== x.shape.length || !areSizes(...reps)) return undefined;
  const { ptr, info } = backend.make(
    x.shape.map((n, i) => n * reps[i]!),
    x.dtype,
  );
  const strides = stridesOf(x.shape);
  const sizes = x.shape.flatMap((n, i) => [reps[i]!, n]);
  const repeated = strides.flatMap((step) => [0, step]);
  copy(backend, BYTES[x.dtype]!, sizes, from, repeated, ptr, stridesOf(sizes));
  return info;
};

export const moves: Readonly<Record<string, OwnKernel>> = {
  Concat: concat,
  Pack: pack,
  Slice: slice,
  SplitV: split,
  Tile: tile,
  Transpose: transpose,
  Unpack: unpack,
};
