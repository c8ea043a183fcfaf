import { ArgumentError } from './errors.ts';

/** Options with their defaults filled in: none is missing or undefined. */
export type Filled<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** @throws {ArgumentError} unless value is an integer of at least `min` */
export function integer(name: string, value: unknown, min: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
    throw new ArgumentError(name, `an integer of at least ${min}`, value);
  }
  return value;
}

/** @throws {ArgumentError} unless value is a finite number in min..max (without max itself when `open`) */
export function number(name: string, value: unknown, min = -Infinity, max = Infinity, open = false): number {
  if (
    typeof value !== 'number' ||
    !Number.isFinite(value) ||
    value < min ||
    (open ? value >= max : value > max)
  ) {
    const low = min === -Infinity ? '' : ` of at least ${min}`;
    const high = max === Infinity ? '' : `${low ? ' and' : ''} ${open ? 'below' : 'at most'} ${max}`;
    throw new ArgumentError(name, `a finite number${low}${high}`, value);
  }
  return value;
}

/** @throws {ArgumentError} unless value is true or false */
export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new ArgumentError(name, 'true or false', value);
  return value;
}

/** The names of T's options: one too few or too many is a type error. */
export type Names<T> = { readonly [K in keyof T]-?: true };

/**
 * Refuses a key that is no option, by name.
 * @throws {ArgumentError} options that are no object, or that hold another key than those known
 */
export function options<T extends object>(of: string, given: T | undefined, known: Names<NoInfer<T>>): T {
  if (given === undefined) return {} as T;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ArgumentError(`the options of ${of}`, 'an object', given);
  }
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined && !Object.hasOwn(known, key)) {
      const names = Object.keys(known).join(', ');
      throw new ArgumentError(
        `${of}: ${key}`,
        names ? `no such option, but one of ${names}` : `no such option: ${of} has none`,
        value,
      );
    }
  }
  return given;
}
