import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    thorough: boolean;
    /** From the environment variable UNROLLED_SEEDS. */
    seeds: number[] | undefined;
  }
}

/** Whether every case is run, in the slow suites, or some of them, in `npm test`. */
export const thorough = inject('thorough');

/** All cases; in `npm test` every n-th, from the first on. */
export function some<T>(cases: readonly T[], n: number): T[] {
  return cases.filter((_, i) => thorough || i % n === 0);
}
