import { elements, integers } from '../allocate.ts';
import { arrayKind } from '../arrayKind.ts';
import { isSize, reading } from '../check.ts';
import { ShapeError } from '../errors.ts';
import type { NDArray } from '../ndarray.ts';
import { largest } from './metrics/classes.ts';

/**
 * Indices of the largest numbers along the last dimension, as of logits; of equal ones the first. [T, B, classes] gives
 * [T, B].
 * @throws {ShapeError} if it has no dimension or no number, or the data are not a Float32Array of that many numbers
 */
export function argmax(output: NDArray): NDArray<Int32Array<ArrayBuffer>> {
  const expected = 'a Float32Array and its shape, at least one class';
  const copy = () => ({ data: output.data, shape: [...output.shape] });
  const { data, shape } = reading('output', output, copy, expected);
  const size = shape.at(-1) ?? 0;
  const fits = shape.every(isSize) && size > 0 && arrayKind(data) === 'Float32Array';
  if (!fits || data.length !== elements(shape)) throw new ShapeError('output', expected, shape);
  const rows = data.length / size;
  const indices = integers(rows);
  for (let i = 0; i < rows; i++) indices[i] = largest(data, i, size);
  return { data: indices, shape: shape.slice(0, -1) };
}
