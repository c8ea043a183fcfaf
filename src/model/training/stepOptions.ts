import { isRecord, type Names, options } from '../../check.ts';

/**
 * As `options`, but to a record that is overwritten, so that a step does not allocate. Options that are not given are
 * undefined there.
 * @throws {ArgumentError} as `options`
 */
export function optionsTo<T extends object>(into: T, of: string, given: T, known: Names<NoInfer<T>>): T {
  return copied(into, given, known) ? into : options(of, given, known);
}

/** Whether all was copied: it is an object that can be read and has only known options. */
function copied<T extends object>(into: T, given: T, known: Names<NoInfer<T>>): boolean {
  try {
    if (!isRecord(given)) return false;
    for (const name in known) into[name as keyof T] = given[name as keyof T];
    for (const name in given) if (!Object.hasOwn(known, name)) return false;
    return true;
  } catch {
    return false;
  }
}
