import { ArgumentError } from '../errors.ts';

/**
 * Indices of the units of a text.
 * @param unknown index of what is not in the dictionary
 * @throws {ArgumentError} if it is not a string, or has a unit that is not in the dictionary, without `unknown`
 */
export function indicesOf(
  argument: string,
  text: string,
  unitsOf: (text: string) => string[],
  dictionary: ReadonlyMap<string, number>,
  unknown?: number,
): Int32Array<ArrayBuffer> {
  if (typeof text !== 'string') throw new ArgumentError(argument, 'a string', text);
  return Int32Array.from(unitsOf(text), (unit, i) => {
    const index = dictionary.get(unit) ?? unknown;
    if (index === undefined)
      throw new ArgumentError(`${argument}[${i}]`, 'a character of the vocabulary', unit);
    return index;
  });
}
