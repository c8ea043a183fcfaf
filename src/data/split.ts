import { finite, type Names, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { listOf, shuffled } from './shuffle.ts';

/** Options of `split`. */
export interface SplitOptions {
  /** Fraction of the items in the second part. Default 0.1. */
  readonly validation?: number | undefined;
  /** Seed of the random choice. Default: none, the second part is the end of the list, as for a series. */
  readonly seed?: number | undefined;
}

const OPTIONS: Names<SplitOptions> = { validation: true, seed: true };

/**
 * Splits items into a training and a validation part of at least one item each.
 * @throws {ArgumentError} if there are fewer than two items, or the fraction is not between 0 and 1
 */
export function split<T>(items: Iterable<T>, opts?: SplitOptions): [training: T[], validation: T[]] {
  const { validation = 0.1, seed } = options('split', opts, OPTIONS);
  finite('validation', validation, 0, 1);
  const all = seed === undefined ? listOf('items', items) : shuffled(items, seed);
  if (all.length < 2) throw new ArgumentError('items', 'at least two', all);
  const last = Math.min(Math.max(Math.round(all.length * validation), 1), all.length - 1);
  return [all.slice(0, -last), all.slice(-last)];
}
