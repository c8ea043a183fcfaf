import { record } from '../check.ts';
import { ArgumentError, Verbatim } from '../errors.ts';

/** @throws {ArgumentError} if the names are not the expected ones */
export function checkNames(given: object, expected: readonly string[]): void {
  record('state dict', given, 'an object of arrays by name');
  const missing = expected.filter((name) => !Object.hasOwn(given, name));
  const known = new Set(expected);
  const extra = Object.keys(given).filter((name) => !known.has(name));
  if (!missing.length && !extra.length) return;
  const parts = [
    ...(missing.length ? [`without ${missing.join(', ')}`] : []),
    ...(extra.length ? [`with ${extra.join(', ')}`] : []),
  ];
  throw new ArgumentError('state dict', expected.join(', '), new Verbatim(`one ${parts.join(' and ')}`));
}
