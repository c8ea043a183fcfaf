/** Values from one index of each axis to the next, of a row-major tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/** Axes with the strides of several operands. */
export interface Axes {
  readonly sizes: number[];
  /** By operand. */
  readonly strides: number[][];
}

/** The same axes, those of size 1 left out and neighbours merged where all operands allow it. */
export function mergedAxes(sizes: readonly number[], strides: readonly (readonly number[])[]): Axes {
  const kept: number[] = [];
  const steps = strides.map((): number[] => []);
  for (const [i, size] of sizes.entries()) {
    if (size === 1) continue;
    const last = kept.length - 1;
    if (last >= 0 && strides.every((own, k) => steps[k]![last] === own[i]! * size)) {
      kept[last]! *= size;
      for (const [k, own] of strides.entries()) steps[k]![last] = own[i]!;
    } else {
      kept.push(size);
      for (const [k, own] of strides.entries()) steps[k]!.push(own[i]!);
    }
  }
  return { sizes: kept, strides: steps };
}
