import { byteArray } from '../../allocate.ts';
import type { Graph } from '../../engine/graph.ts';
import { type Sequence, widthOf } from '../../ndarray.ts';

/**
 * Marks [T, B] of the steps that count on a time axis, from inputs with a `maskValue`: 0 where an index, or all features of
 * a step, are equal to it. Undefined if all count.
 */
export function countedByValue(
  { inputs, values }: Graph,
  axis: number,
  sequences: readonly Sequence[],
): Uint8Array | undefined {
  let marks: Uint8Array | undefined;
  for (let i = 0; i < inputs.length; i++) {
    const { value, maskValue, axis: own } = inputs[i]!;
    if (maskValue === undefined || own !== axis) continue;
    const width = widthOf(values[value]!.shape);
    const { data, steps, batch } = sequences[i]!;
    const excluded = Math.fround(maskValue);
    for (let row = 0; row < steps * batch; row++) {
      let k = 0;
      while (k < width && Math.fround(data[row * width + k]!) === excluded) k++;
      if (k === width) (marks ??= byteArray(steps * batch).fill(1))[row] = 0;
    }
  }
  return marks;
}
