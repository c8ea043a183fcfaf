import { ArgumentError, reading } from '../errors.ts';

/**
 * What indices stand for.
 * @throws {ArgumentError} if they are not an array, or one is outside the list
 */
export function decoded(indices: ArrayLike<number>, list: readonly string[]): string[] {
  return reading('indices', indices, () => {
    if (typeof indices !== 'object' || typeof indices?.length !== 'number')
      throw new ArgumentError('indices', 'an array of indices', indices);
    return Array.from(indices, (index, i) => {
      const item = typeof index === 'number' ? list[index] : undefined;
      if (item === undefined)
        throw new ArgumentError(`indices[${i}]`, `an index in 0..${list.length - 1}`, index);
      return item;
    });
  });
}
