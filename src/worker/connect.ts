import { FeatureError, StateError } from '../errors.ts';
import { Channel, messageOf } from './channel.ts';
import { checkWorker } from './checkWorker.ts';
import { fileName, SPAWNS, type Spawn } from './spawn.ts';
import type { WorkerOptions } from './types.ts';

/**
 * Starts the given worker, or this package's own, and returns its channel and the answer to the first call.
 *
 * @throws {ArgumentError} if `worker` does not return a worker
 * @throws {FeatureError} if the engine does not support workers
 * @throws {StateError} if this package's own worker can't be loaded
 * @throws the error of the first call, or the signal's reason if it is aborted
 */
export async function connect<T>(
  { worker, signal }: WorkerOptions,
  first: (channel: Channel) => Promise<T>,
): Promise<{ readonly channel: Channel; readonly answer: T }> {
  const spawns: readonly Spawn[] = worker ? [() => checkWorker('worker', worker())] : SPAWNS;
  let cause: unknown;
  for (const spawn of spawns) {
    let channel: Channel | undefined;
    const abort = () => void channel?.end('the trainer was terminated');
    signal?.addEventListener('abort', abort);
    try {
      channel = new Channel(await spawn());
      signal?.throwIfAborted();
      return { channel, answer: await first(channel) };
    } catch (error) {
      const unloaded = channel === undefined || channel.unloaded;
      void channel?.end('the trainer was not made');
      signal?.throwIfAborted();
      if (worker || !unloaded || error instanceof FeatureError) throw error;
      cause = error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
  throw new StateError(
    `can't load the worker from ${fileName()} or from a Blob (${messageOf(cause)}): ` +
      'pass { worker }, a function that creates a Worker whose script imports unrolled/worker/host',
    { cause },
  );
}
