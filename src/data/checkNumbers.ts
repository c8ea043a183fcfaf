import { isNumberArray } from '../arrayKind.ts';
import { ArgumentError, reading, ShapeError } from '../errors.ts';

/** @throws {ArgumentError} unless it is an array of numbers; names the first element that is not one */
export function checkNumbers(name: string, given: ArrayLike<unknown>): asserts given is ArrayLike<number> {
  reading(name, given, () => {
    if (isNumberArray(given)) return;
    if (typeof given !== 'object' || typeof given?.length !== 'number')
      throw new ArgumentError(name, 'an array of numbers', given);
    for (let i = 0; i < given.length; i++)
      if (typeof given[i] !== 'number') throw new ArgumentError(`${name}[${i}]`, 'a number', given[i]);
  });
}

/**
 * The number of steps of a series.
 * @throws {ArgumentError | ShapeError} unless they are numbers, as many as a multiple of the features
 */
export function stepsOf(name: string, series: ArrayLike<number>, features: number): number {
  checkNumbers(name, series);
  const steps = series.length / features;
  if (!Number.isInteger(steps))
    throw new ShapeError(name, `a multiple of ${features} numbers (features)`, `${series.length}`);
  return steps;
}
