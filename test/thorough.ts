import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    thorough: boolean;
    browser: boolean;
    /** From the environment variable UNROLLED_SEEDS. */
    seeds: number[] | undefined;
  }
}

/** Whether every case is run, in the slow suites, or some of them, in `npm test`. */
export const thorough = inject('thorough');

/** Of how many cases one is run, where `npm test` runs one of n in Node: in browsers, whose engine is Node's, one of 4n. */
export function every(n: number): number {
  if (thorough) return 1;
  return inject('browser') ? 4 * n : n;
}

/**
 * All cases; in `npm test` every n-th, in browsers every 4n-th. `turn`: a number that differs between the lists that share
 * the cases, so that each case is in one of them.
 */
export function some<T>(cases: readonly T[], n: number, turn = 0): T[] {
  const chosen = cases.filter((_, i) => (i + turn) % every(n) === 0);
  return chosen.length ? chosen : [cases[turn % cases.length]!];
}
