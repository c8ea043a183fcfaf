import { ArgumentError } from '../errors.ts';
import { checkNumbers } from './checkNumbers.ts';

/**
 * What indices stand for.
 * @throws {ArgumentError} if they are not an array of numbers, or one is outside the list
 */
export function decoded(indices: ArrayLike<number>, list: readonly string[]): string[] {
  checkNumbers('indices', indices);
  return Array.from(indices, (index, i) => {
    const item = list[index];
    if (item === undefined)
      throw new ArgumentError(`indices[${i}]`, `an index in 0..${list.length - 1}`, index);
    return item;
  });
}
