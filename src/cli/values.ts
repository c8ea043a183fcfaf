import { InvalidArgumentError } from 'commander';

const NUMERAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Parses an option's value as a number that passes `test`. */
function numberThat(test: (value: number) => boolean, expected: string): (text: string) => number {
  return (text) => {
    const value = NUMERAL.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value) || !test(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
    return value;
  };
}

/** An integer from `min` to 2^53 − 1. */
export function whole(min: number): (text: string) => number {
  return numberThat((n) => Number.isSafeInteger(n) && n >= min, `a whole number of at least ${min}`);
}

/** A number rounded to float32, the kernels' precision. */
const isFloat = (n: number) => Number.isFinite(Math.fround(n));

export const positive = numberThat(
  (n) => isFloat(n) && Math.fround(n) > 0,
  'a number above 0 that float32 can hold',
);
/** Timers hold milliseconds in an int32. */
export const seconds = numberThat((n) => n >= 0.001 && n <= 2_147_483, 'seconds in 0.001..2147483');
export const notNegative = numberThat(
  (n) => isFloat(n) && n >= 0,
  'a number of at least 0 that float32 can hold',
);
export const fraction = numberThat((n) => n >= 0 && Math.fround(n) < 1, 'a number of at least 0 and below 1');
export const share = numberThat((n) => n > 0 && n <= 1, 'a number above 0 and at most 1');
