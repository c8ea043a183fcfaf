import { isRecord, unreadable } from '../../check.ts';
import type { NamedValue } from '../../engine/graph.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';

/** A value for a graph with a single input or output, otherwise values by name. */
export type Named<T> = T | Readonly<Record<string, T>>;

/**
 * Checks that values are given by name, those of a graph and no others.
 * @throws {ArgumentError} unless it is an object with these names
 */
export function checkRecord(
  argument: string,
  given: unknown,
  expected: readonly Pick<NamedValue, 'name'>[],
  single: boolean,
  some = false,
): void {
  if (single) return;
  try {
    if (!isRecord(given)) throw new ArgumentError(argument, named(expected), given);
    for (const name in given) {
      if (hasName(expected, name)) continue;
      const got = new Verbatim(`the unknown name ${name}`);
      throw new ArgumentError(`${argument}.${name}`, named(expected), got);
    }
    for (let i = 0; !some && i < expected.length; i++) {
      const { name } = expected[i]!;
      if (Object.hasOwn(given, name)) continue;
      throw new ArgumentError(`${argument}.${name}`, named(expected), new Verbatim(`none of name ${name}`));
    }
  } catch (error) {
    throw unreadable(argument, given, error);
  }
}

/** What is expected, for errors. */
function named(expected: readonly Pick<NamedValue, 'name'>[]): string {
  return `an object with ${expected.map(({ name }) => name).join(', ')}`;
}

// a callback would be garbage
function hasName(expected: readonly Pick<NamedValue, 'name'>[], name: string): boolean {
  for (let i = 0; i < expected.length; i++) if (expected[i]!.name === name) return true;
  return false;
}

/** The value of a name, or the single one. */
export function pick(label: string, given: unknown, name: string, single: boolean): unknown {
  if (single) return given;
  try {
    return (given as Record<string, unknown>)[name];
  } catch (error) {
    throw unreadable(label, given, error);
  }
}
