/**
 * Runs a trainer inside a worker, for your own worker script.
 * @module unrolled/worker/host
 */

import { StateError } from '../errors.ts';
import { checkExposed, checkFunctions, type Exposed } from './exposed.ts';
import type { Call } from './protocol.ts';
import { isOurs } from './protocol.ts';
import { Server, type WorkerFunction } from './serve.ts';

export type { Exposed } from './exposed.ts';
export type { WorkerFunction } from './serve.ts';

/** The worker's side of the message port. */
interface Port {
  postMessage(message: unknown, move: ArrayBuffer[]): void;
}

/** The message port of node:worker_threads. */
interface ParentPort extends Port {
  on(event: 'message' | 'messageerror', listener: (message: unknown) => void): unknown;
}

interface Global extends Port {
  process?: { getBuiltinModule?(name: string): { parentPort: ParentPort | null } | undefined } | undefined;
  WorkerGlobalScope?: unknown;
  addEventListener(event: 'message' | 'messageerror', listener: (event: { data: unknown }) => void): void;
}

const server = new Server((message, move) => port.postMessage(message, move));
const take = (message: unknown) => {
  if (isOurs(message, 'call')) void server.take(message as Call);
};
const port = listen();

function listen(): Port {
  const scope = globalThis as unknown as Global;
  if (scope.WorkerGlobalScope) {
    scope.addEventListener('message', ({ data }) => take(data));
    scope.addEventListener('messageerror', () => server.lost());
    return scope;
  }
  const parent = scope.process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
  if (!parent) throw new StateError('unrolled/worker/host must be imported in a worker');
  parent.on('message', take);
  parent.on('messageerror', () => server.lost());
  return parent;
}

/**
 * Exposes your own functions to `WorkerTrainer.run(name, ...args)`. They are called with the trainer, between two
 * updates; arguments and results are copied. `custom`: your own layers, and your own losses, optimizers, schedules and
 * metrics, which `WorkerTrainer` refers to as `{ exposed: 'name', …options }`.
 */
export function expose(functions: Readonly<Record<string, WorkerFunction>>, custom: Exposed = {}): void {
  const { layers, losses, optimizers, schedules, metrics } = checkExposed('expose', custom);
  checkFunctions('functions', functions);
  Object.assign(server.functions, functions);
  Object.assign(server.layers, layers);
  Object.assign(server.losses, losses);
  Object.assign(server.optimizers, optimizers);
  Object.assign(server.schedules, schedules);
  Object.assign(server.metrics, metrics);
}
