import { elements as product } from '../allocate.ts';
import { mergedAxes, stridesOf } from '../axes.ts';
import type { Io } from './value.ts';

export { product, stridesOf };

/** The shape that tensors are broadcast to, as NumPy does; undefined if they do not fit. */
export function broadcastShape(shapes: readonly (readonly number[])[]): readonly number[] | undefined {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (const [i, size] of shape.entries()) {
      const at = rank - shape.length + i;
      if (size === out[at] || size === 1) continue;
      if (out[at] !== 1) return undefined;
      out[at] = size;
    }
  }
  // one shape for many values
  return shapes.find((shape) => String(shape) === String(out)) ?? out;
}

/** Strides with which a tensor is read where it is broadcast to `shape`. */
export function broadcastStrides(from: readonly number[], shape: readonly number[]): number[] {
  const own = stridesOf(from);
  return shape.map((_, i) => {
    const at = i - (shape.length - from.length);
    return at < 0 || from[at] === 1 ? 0 : own[at]!;
  });
}

/** Dimensions to go through, with the strides of several tensors: those that are one step in all of them joined. */
export interface Walk {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/** Joins dimensions and leaves out those of size 1; at least one dimension is left. */
export function walk(shape: readonly number[], strides: readonly (readonly number[])[]): Walk {
  const { sizes, strides: steps } = mergedAxes(shape, strides);
  if (!sizes.length) {
    sizes.push(1);
    for (const own of steps) own.push(0);
  }
  return { shape: sizes, strides: steps };
}

/** The dimensions before the last `count` ones; at least one is left. */
export function outerOf({ shape, strides }: Walk, count: number): Walk {
  const before = (own: readonly number[], last: number) => [...own.slice(0, -count), last];
  return { shape: before(shape, 1), strides: strides.map((own) => before(own, 0)) };
}

type Row = (a: number, b: number, c: number, d: number) => void;

const one = (row: Row) => row(0, 0, 0, 0);

/** Calls `row` with the offsets of each innermost row. Nothing is allocated in a call. */
export function rowsOf({ shape, strides }: Walk): (row: Row) => void {
  const outer = shape.length - 1;
  // most steps have one row; typed arrays take 200 bytes each
  if (shape.includes(0)) return () => {};
  if (!outer) return one;
  const counts = shape.map(() => 0);
  const at = [0, 0, 0, 0];
  return (row) => {
    counts.fill(0);
    at.fill(0);
    for (;;) {
      row(at[0]!, at[1]!, at[2]!, at[3]!);
      let i = outer - 1;
      for (; i >= 0; i--) {
        for (let j = 0; j < strides.length; j++) at[j]! += strides[j]![i]!;
        if (++counts[i]! < shape[i]!) break;
        for (let j = 0; j < strides.length; j++) at[j]! -= strides[j]![i]! * shape[i]!;
        counts[i] = 0;
      }
      if (i < 0) return;
    }
  };
}

/** A tensor, or a part of one, as it is read or written. */
export interface Part {
  readonly strides: readonly number[];
  /** Default 0. */
  readonly offset?: number;
}

/** Copies elements of `shape` from part `from` of input i to part `to` of output o. */
export function copier(
  shape: readonly number[],
  from: Part,
  to: Part,
): (io: Io, i: number, o: number) => void {
  const way = walk(shape, [from.strides, to.strides]);
  const last = (list: readonly number[], fill: number) =>
    [...[fill, fill, fill], ...list].slice(-4) as [number, number, number, number];
  const [n0, n1, n2, n3] = last(way.shape, 1);
  const [s0, s1, s2, s3] = last(way.strides[0]!, 0);
  const [t0, t1, t2, t3] = last(way.strides[1]!, 0);
  const [x0, y0] = [from.offset ?? 0, to.offset ?? 0];
  // the kernel goes through four dimensions, rows of one element through those before them
  const each = rowsOf(outerOf(way, 4));
  const empty = shape.includes(0);
  let io: Io;
  let x = 0;
  let y = 0;
  const row = (a: number, b: number) => {
    // 2: words of four bytes
    io.kernels.tensor_copy(
      2,
      n0,
      n1,
      n2,
      n3,
      x + 4 * (a + x0),
      s0,
      s1,
      s2,
      s3,
      y + 4 * (b + y0),
      t0,
      t1,
      t2,
      t3,
    );
  };
  return (given, i, o) => {
    if (empty) return;
    io = given;
    x = io.px[i]!;
    y = io.py[o]!;
    each(row);
  };
}
