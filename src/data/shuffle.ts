import { ArgumentError, reading } from '../errors.ts';
import { Generator } from '../init/generator.ts';

/**
 * A shuffled copy (Fisher–Yates). The same seed gives the same order on every engine.
 * @throws {ArgumentError} if `items` is no list, or the seed is not an integer in 0..2^53−1
 */
export function shuffled<T>(items: Iterable<T>, seed = 0): T[] {
  const generator = new Generator(seed);
  const copy = listOf('items', items);
  for (let i = copy.length - 1; i > 0; i--) {
    const j = generator.integer(i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

/** A copy of a list. @throws {ArgumentError} if it is nothing to go through */
export function listOf<T>(name: string, items: Iterable<T>): T[] {
  return reading(name, items, () => [...iterable(name, items)]);
}

/** @throws {ArgumentError} if it is nothing to go through */
export function iterable<T>(name: string, items: Iterable<T>): Iterable<T> {
  if (typeof items?.[Symbol.iterator] !== 'function') throw new ArgumentError(name, 'a list', items);
  return items;
}
