import { satisfies } from '../custom/satisfies.ts';
import { ArgumentError } from '../errors.ts';

/** What a function returned, with the methods that a channel calls. @throws {ArgumentError} unless it is a worker */
export function checkWorker<T>(argument: string, worker: T): T {
  if (satisfies(() => hasMethods(worker as object))) return worker;
  throw new ArgumentError(argument, 'a function that returns a Worker', worker);
}

function hasMethods(worker: object): boolean {
  const listening = 'on' in worker ? ['on', 'ref', 'unref'] : ['addEventListener'];
  return ['postMessage', 'terminate', ...listening].every(
    (name) => typeof worker[name as keyof object] === 'function',
  );
}
