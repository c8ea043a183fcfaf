/**
 * Computes shards and fits in a thread of a worker; for a script of your own, which exposes what is custom.
 * @module unrolled/cluster/thread
 */

import { parentPort } from 'node:worker_threads';
import { StateError } from '../errors.ts';
import { checkExposed, checkFunctions, type Exposed } from '../worker/exposed.ts';
import { pack as packError } from '../worker/failure.ts';
import { portable } from '../worker/portable.ts';
import { type Call, isOurs } from '../worker/protocol.ts';
import type { SweepTask } from './runFit.ts';
import { ThreadServer } from './threadServer.ts';

export type { Exposed } from '../worker/exposed.ts';
export type { Outcome } from './jobs.ts';
export type { SweepTask } from './runFit.ts';

const server = new ThreadServer();

/**
 * Exposes custom layers by `type`, and functions that create losses, optimizers, schedules and metrics, which trainers refer
 * to as `{ exposed: 'name', …options }`. tasks: functions that a `Sweep` runs, by name.
 */
export function expose(custom: Exposed, tasks: Readonly<Record<string, SweepTask>> = {}): void {
  const made = checkExposed('expose', custom);
  checkFunctions('tasks', tasks);
  Object.assign(server.exposed, made);
  Object.assign(server.tasks, tasks);
}

const port = parentPort;
if (!port) throw new StateError('unrolled/cluster/thread must be imported in a thread of startWorker');

port.on('message', async (message: unknown) => {
  if (!isOurs(message, 'call')) return;
  const { id, name, args } = message as Call;
  try {
    const { value, move } = portable(await server.call(name, args), true);
    port.postMessage({ unrolled: 'answer', id, steps: 0, value }, move);
  } catch (error) {
    port.postMessage({ unrolled: 'answer', id, steps: 0, failure: packError(error) });
  }
});
