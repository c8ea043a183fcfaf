import { ArgumentError, Verbatim } from '../errors.ts';

/** @throws {ArgumentError} if the names are not the expected ones */
export function checkNames(given: object, expected: readonly string[]): void {
  const missing = expected.filter((name) => !Object.hasOwn(given, name));
  const known = new Set(expected);
  const extra = Object.keys(given).filter((name) => !known.has(name));
  const differences = Object.entries({ without: missing, with: extra })
    .filter(([, names]) => names.length)
    .map(([how, names]) => `${how} ${names.join(', ')}`);
  if (differences.length)
    throw new ArgumentError(
      'state dict',
      expected.join(', '),
      new Verbatim(`one ${differences.join(' and ')}`),
    );
}
