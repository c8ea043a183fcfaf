import { Generator } from '../init/generator.ts';

/**
 * A shuffled copy (Fisher–Yates). The same seed gives the same order on every engine.
 * @throws {ArgumentError} if the seed is not an integer in 0..2^53−1
 */
export function shuffled<T>(items: Iterable<T>, seed = 0): T[] {
  const generator = new Generator(seed);
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = generator.integer(i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
