import { type WindowShape, windowsOf } from './windows.ts';

export interface Conv1dParams extends WindowShape {
  inChannels: number;
  outChannels: number;
  groups: number;
  /** [O, I / groups, size] */
  weight: Float64Array;
  /** [O], absent = zeros */
  bias?: Float64Array | undefined;
}

/** Calls `each` for every product of an output with where its input lies: in x, or in the steps before it. */
function products(
  p: Conv1dParams,
  length: number,
  each: (y: number, x: number, before: boolean, w: number) => void,
): void {
  const { inChannels: I, outChannels: O, groups, size, dilation } = p;
  const n = I / groups;
  const o = O / groups;
  const P = (size - 1) * dilation;
  for (const [t, seen] of windowsOf(p, length).entries()) {
    for (let c = 0; c < O; c++) {
      const g = Math.floor(c / o);
      for (const [j, s] of seen.entries()) {
        if (s >= length) continue;
        const step = s < 0 ? P + s : s;
        if (step < 0) continue;
        for (let i = 0; i < n; i++) each(t * O + c, step * I + g * n + i, s < 0, (c * n + i) * size + j);
      }
    }
  }
}

/** One row: x [L, I] to [L′, O]. before [P, I]: the steps before it, P = (size − 1) · dilation; zeros if absent. */
export function forward(p: Conv1dParams, x: Float64Array, before?: Float64Array): Float64Array {
  const length = x.length / p.inChannels;
  const count = windowsOf(p, length).length;
  const y = new Float64Array(count * p.outChannels);
  for (let i = 0; p.bias && i < y.length; i++) y[i] = p.bias[i % p.outChannels]!;
  products(p, length, (at, from, early, w) => {
    y[at]! += p.weight[w]! * (early ? (before?.[from] ?? 0) : x[from]!);
  });
  return y;
}

/** The P steps before the end of a row. */
export function last(x: Float64Array, before: Float64Array): Float64Array {
  const all = Float64Array.from([...before, ...x]);
  return all.slice(all.length - before.length);
}

/** Gradients from dY [L′, O] and dLast [P, I]. */
export function backward(
  p: Conv1dParams,
  x: Float64Array,
  dY: Float64Array,
  before: Float64Array = new Float64Array((p.size - 1) * p.dilation * p.inChannels),
  dLast: Float64Array = new Float64Array(before.length),
) {
  const dAll = new Float64Array(before.length + x.length);
  dAll.set(dLast, dAll.length - dLast.length);
  const dBefore = dAll.subarray(0, before.length);
  const dX = dAll.subarray(before.length);
  const dWeight = new Float64Array(p.weight.length);
  const dBias = new Float64Array(p.outChannels);
  for (const [i, d] of dY.entries()) dBias[i % p.outChannels]! += d;
  products(p, x.length / p.inChannels, (at, from, early, w) => {
    dWeight[w]! += dY[at]! * (early ? before : x)[from]!;
    (early ? dBefore : dX)[from]! += dY[at]! * p.weight[w]!;
  });
  return { dX, dBefore, dWeight, dBias };
}
