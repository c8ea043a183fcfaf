import { ArgumentError, reading, Verbatim } from './errors.ts';

export { reading, unreadable } from './errors.ts';

/** Options with defaults filled in. */
export type Filled<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** @throws {ArgumentError} unless value is an integer in min..max */
export function integer(name: string, value: unknown, min: number, max = Infinity): number {
  const given = value as number;
  if (!Number.isSafeInteger(given) || given < min || given > max) {
    const range = max === Infinity ? `of at least ${min}` : `in ${min}..${max}`;
    throw new ArgumentError(name, `an integer ${range}`, value);
  }
  return given;
}

/** Whether it is a safe integer of at least 0. */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether it is an integer of 32 bits. */
export function isIndex(value: unknown): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

/** @throws {ArgumentError} unless value is a finite number in min..max (without max itself when `open`) */
export function finite(name: string, value: unknown, min = -Infinity, max = Infinity, open = false): number {
  const given = value as number;
  if (!Number.isFinite(given) || given < min || (open ? given >= max : given > max)) {
    const low = min === -Infinity ? '' : ` of at least ${min}`;
    const high = max === Infinity ? '' : `${low ? ' and' : ''} ${open ? 'below' : 'at most'} ${max}`;
    throw new ArgumentError(name, `a finite number${low}${high}`, value);
  }
  return given;
}

/**
 * Same as `finite` for a number used by the kernels: rounded to float32 it must also be finite, not become 0, and
 * stay below an open max.
 */
export function number(name: string, value: unknown, min = -Infinity, max = Infinity, open = false): number {
  const given = finite(name, value, min, max, open);
  const rounded = Math.fround(given);
  if (!Number.isFinite(rounded) || (rounded === 0 && given !== 0) || (open && rounded >= max)) {
    throw new ArgumentError(
      name,
      'a number within float32',
      new Verbatim(`${given}, which is ${rounded} there`),
    );
  }
  return given;
}

/** @throws {ArgumentError} unless value is true or false */
export function boolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new ArgumentError(name, 'true or false', value);
  return value;
}

/** @throws {ArgumentError} unless value is one of some texts */
export function oneOf<T extends string>(name: string, value: unknown, known: readonly T[]): T {
  if (known.includes(value as T)) return value as T;
  throw new ArgumentError(name, `one of ${known.join(', ')}`, value);
}

/** @throws {ArgumentError} unless value is the name of an entry of a table */
export function keyOf<T extends object>(name: string, value: unknown, table: T): keyof T & string {
  return oneOf(name, value, Object.keys(table) as (keyof T & string)[]);
}

/** @throws {ArgumentError} unless value is a function */
export function callable(name: string, value: unknown, expected = 'a function'): void {
  if (typeof value !== 'function') throw new ArgumentError(name, expected, value);
}

/** Whether it is an object of values by name, or a module: no list, Map, Promise or other object of the engine. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return /^\[object (Object|Module)\]$/.test(Object.prototype.toString.call(value));
}

/** A copy of an object of values by name. @throws {ArgumentError} if it is no such object */
export function record<T extends object>(name: string, value: T, expected = 'an object'): T {
  return reading(name, value, () => {
    if (isRecord(value)) return { ...value };
    throw new ArgumentError(name, expected, value);
  });
}

/** The names of T's options; a missing or extra one is a type error. */
export type Names<T> = { readonly [K in keyof T]-?: true };

/**
 * Copies the options, reading each once, so that the checked values are the ones used. The error for an unknown key
 * suggests the nearest option.
 * @throws {ArgumentError} if it is not an object, can't be read, or has an unknown key
 */
export function options<T extends object>(of: string, given: T | undefined, known: Names<NoInfer<T>>): T {
  const copy = {} as T;
  if (given === undefined) return copy;
  const name = `the options of ${of}`;
  const names = Object.keys(known);
  const other = reading(name, given, () => {
    if (!isRecord(given)) throw new ArgumentError(name, 'an object', given);
    for (const key of names as (keyof T)[]) {
      const value = given[key];
      if (value !== undefined) copy[key] = value;
    }
    return Object.keys(given).find(
      (key) => !Object.hasOwn(known, key) && given[key as keyof T] !== undefined,
    );
  });
  if (other === undefined) return copy;
  const meant = nearest(other, names);
  const hint = meant ? ` (did you mean '${meant}'?)` : `, expected one of ${names.join(', ') || 'none'}`;
  throw new ArgumentError(`${of}: ${other}`, '', other, {
    message: `${of}: unknown option '${other}'${hint}`,
  });
}

/** The options, with defaults where they are missing. @throws {ArgumentError} as `options` */
export function withDefaults<T extends object>(
  of: string,
  given: T | undefined,
  defaults: Filled<NoInfer<T>>,
): Filled<T> {
  return { ...defaults, ...options(of, given, defaults as Names<T>) } as Filled<T>;
}

/** @throws {ArgumentError} unless value is an instance of a class of this package */
export function instance<T>(
  name: string,
  value: unknown,
  made: abstract new (...args: never[]) => T,
  expected: string,
): asserts value is T {
  try {
    if (value instanceof made) return;
  } catch {
    // a Proxy that throws is not an instance
  }
  throw new ArgumentError(name, expected, value);
}

/** The known name that shares the most pairs of letters with a misspelt one, by Dice's coefficient; undefined up to 0.5. */
function nearest(given: string, known: readonly string[]): string | undefined {
  const text = given.replaceAll('_', '').toLowerCase().slice(0, 40);
  let best: string | undefined;
  let most = 0.25;
  for (const name of known) {
    let pairs = 0;
    for (let i = 2; i <= text.length; i++) if (name.toLowerCase().includes(text.slice(i - 2, i))) pairs++;
    const score = pairs / (text.length + name.length);
    if (score > most) [best, most] = [name, score];
  }
  return best;
}
