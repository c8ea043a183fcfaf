import { ArgumentError, Verbatim } from '../errors.ts';

/** @throws {ArgumentError} unless it is an object with x and y, and nothing else */
export function checkExample(label: string, example: unknown): void {
  const isExample = typeof example === 'object' && example !== null && 'x' in example && 'y' in example;
  const other = isExample && Object.keys(example).find((key) => key !== 'x' && key !== 'y');
  if (!isExample || other)
    throw new ArgumentError(
      label,
      'an example { x, y }',
      other ? new Verbatim(`one with ${other}`) : example,
    );
}
