import { ArgumentError } from '../errors.ts';
import type { DescribedOptions } from './exposed.ts';
import { isPlain } from './portable.ts';

const DESCRIBED = {
  loss: "a name such as 'crossEntropy', or { name: 'crossEntropy', ignoreIndex: 0 }, or these by output",
  optimizer: "'adamw' or { name: 'adamw', lr: 1e-3 }",
  schedule: "{ name: 'cosineLR', steps: 1000 }",
};

/**
 * @param prefix of the names in errors
 * @throws {ArgumentError} unless the loss, the optimizer and the schedule are given as data
 */
export function checkDescribed(given: DescribedOptions, prefix = ''): void {
  for (const [name, example] of Object.entries(DESCRIBED)) {
    const value = given[name as keyof typeof DESCRIBED];
    const isMissing = value === undefined && name === 'schedule';
    if (!isMissing && typeof value !== 'string' && !(isPlain(value) && isData(value)))
      throw new ArgumentError(prefix + name, `plain data: ${example}`, value);
  }
}

/** Whether there is no function in it, nor in what it has, and it is not within itself. */
function isData(value: unknown, within: readonly unknown[] = []): boolean {
  if (!isPlain(value)) return typeof value !== 'function';
  return !within.includes(value) && Object.values(value).every((inner) => isData(inner, [...within, value]));
}
