import { ArgumentError, Verbatim } from '../errors.ts';

/** @throws {ArgumentError} unless it is an object with x and y, and nothing else */
export function checkExample(label: string, example: unknown): void {
  const expected = 'an example { x, y }';
  if (typeof example !== 'object' || example === null || !('x' in example && 'y' in example))
    throw new ArgumentError(label, expected, example);
  const other = Object.keys(example).find((key) => key !== 'x' && key !== 'y');
  if (other !== undefined) throw new ArgumentError(label, expected, new Verbatim(`one with ${other}`));
}
