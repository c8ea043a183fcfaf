import { number, reading } from '../check.ts';
import { ArgumentError } from '../errors.ts';

/**
 * A copy of numbers of at least 0, as float32.
 * @throws {ArgumentError} if it is not a list of at least one finite number, or one is below 0
 */
export function readWeights(name: string, given: ArrayLike<number>): Float32Array<ArrayBuffer> {
  return reading(name, given, () => {
    if (!(Array.isArray(given) || ArrayBuffer.isView(given)) || !((given as ArrayLike<number>).length > 0)) {
      throw new ArgumentError(name, 'a list of numbers', given);
    }
    return Float32Array.from(given as ArrayLike<number>, (value, i) => number(`${name}[${i}]`, value, 0));
  });
}
