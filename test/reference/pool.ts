import { type WindowShape, windowsOf } from './windows.ts';

export type PoolKind = 'max' | 'mean';

/** One row: x [L, C] to [L′, C]; for each output, the elements of x it is made of. */
export function forward(kind: PoolKind, shape: WindowShape, x: Float64Array, C: number) {
  const length = x.length / C;
  const sources: number[][] = [];
  const y = windowsOf(shape, length).flatMap((seen) =>
    Array.from({ length: C }, (_, c) => {
      const all = seen.filter((s) => s >= 0 && s < length).map((s) => s * C + c);
      const values = all.map((i) => x[i]!);
      const largest = Math.max(...values);
      sources.push(kind === 'mean' ? all : [all[values.findIndex((v) => v === largest || Number.isNaN(v))]!]);
      return kind === 'mean' ? values.reduce((a, b) => a + b, 0) / values.length : largest;
    }),
  );
  return { y: Float64Array.from(y), sources };
}

/** dX [L, C] from dY [L′, C]. */
export function backward(kind: PoolKind, shape: WindowShape, x: Float64Array, C: number, dY: Float64Array) {
  const dX = new Float64Array(x.length);
  for (const [i, from] of forward(kind, shape, x, C).sources.entries()) {
    for (const at of from) dX[at]! += dY[i]! / from.length;
  }
  return dX;
}
