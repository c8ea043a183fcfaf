import { ArgumentError } from '../errors.ts';

/** @throws {ArgumentError} if a function of the user's gave a promise, since what follows needs its results */
export function finished(name: string, result: unknown): void {
  if (!(result instanceof Promise)) return;
  // the error below is the one to be told
  result.catch(() => {});
  throw new ArgumentError(name, 'a function that is not async', result);
}
