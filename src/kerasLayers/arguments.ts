import { integer, number } from '../check.ts';
import { ArgumentError } from '../errors.ts';

/** Most features that a layer of these has. */
const MOST = 2 ** 26;

/** Checks of the arguments of these layers, which files contain. @throws {ArgumentError} */
export const check = {
  size: (name: string, given: unknown) => integer(name, given, 1, MOST),
  between: (name: string, at: number, size: number) => integer(name, at, 0, size - 1),
  equal(name: string, given: number, expected: number): void {
    if (given !== expected) throw new ArgumentError(name, `${expected}`, given);
  },
  /** A list of sizes; returns their product. */
  sizes(name: string, given: unknown): number {
    if (!Array.isArray(given) || given.length === 0) throw new ArgumentError(name, 'a list of sizes', given);
    return check.size(
      `product of ${name}`,
      given.reduce((product, size, i) => product * check.size(`${name}[${i}]`, size), 1),
    );
  },
  integers(name: string, given: unknown, count: number): void {
    if (!Array.isArray(given) || given.length !== count)
      throw new ArgumentError(name, `a list of ${count} integers`, given);
    for (const [i, each] of given.entries()) integer(`${name}[${i}]`, each, -MOST, MOST);
  },
  numbers(name: string, given: unknown): readonly number[] {
    if (!Array.isArray(given)) throw new ArgumentError(name, 'a list of numbers', given);
    return given.map((each, i) => number(`${name}[${i}]`, each));
  },
};
