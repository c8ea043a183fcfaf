import { elements as sizeOf } from '../../allocate.ts';
import { type Axes, mergedAxes, stridesOf } from '../../axes.ts';

export { sizeOf, stridesOf };

/** Whether two shapes are equal. */
export function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Whether all are whole numbers from 0 on. */
export function areSizes(...sizes: readonly number[]): boolean {
  return sizes.every((size) => size >= 0 && size % 1 === 0);
}

/** Axes as indices from 0 on, in order, without repetitions; undefined if one is out of range. */
export function axesOf(
  axis: number | readonly number[] | null | undefined,
  rank: number,
): number[] | undefined {
  const all = [...new Array<number>(rank).keys()];
  const axes = [axis ?? all].flat().map((i) => (i < 0 ? i + rank : i));
  return axes.every((i) => all.includes(i)) ? all.filter((i) => axes.includes(i)) : undefined;
}

/** Calls f with the offset of each operand for every index of all axes but the last `inner` ones. */
export function forOuter({ sizes, strides }: Axes, inner: number, f: (offsets: number[]) => void): void {
  const walk = (axis: number, offsets: number[]) => {
    if (axis >= sizes.length - inner) return f(offsets);
    for (let i = 0; i < sizes[axis]!; i++) {
      walk(
        axis + 1,
        offsets.map((offset, k) => offset + i * strides[k]![axis]!),
      );
    }
  };
  walk(
    0,
    strides.map(() => 0),
  );
}

/** The shape of a result of two shapes; undefined if they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}

/** Strides of a tensor that is repeated along axes of another shape, of its rank or a higher one. */
export function repeatedStrides(own: readonly number[], shape: readonly number[]): number[] {
  const strides = stridesOf(own);
  const missing = shape.length - own.length;
  return shape.map((_, i) => (i < missing || own[i - missing] === 1 ? 0 : strides[i - missing]!));
}

/** Axes of two tensors that are repeated as `shape` requires, and of what has that shape. */
export function repeatedAxes(a: readonly number[], b: readonly number[], shape: readonly number[]): Axes {
  return mergedAxes(shape, [repeatedStrides(a, shape), repeatedStrides(b, shape), stridesOf(shape)]);
}
