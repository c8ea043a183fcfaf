import { ArgumentError, FeatureError, StateError } from '../errors.ts';
import { Channel, messageOf } from './channel.ts';
import { fileName, SPAWNS, type Spawn } from './spawn.ts';
import type { WorkerOptions } from './types.ts';

/**
 * The channel of a worker, and what its first call gave. The worker is the one that is given, else this package's own.
 *
 * @throws {ArgumentError} `worker` gives something else
 * @throws {FeatureError} an engine without workers
 * @throws {StateError} this package's own can't be loaded
 * @throws what the call rejects with; the signal's reason, once it is aborted
 */
export async function connect<T>(
  { worker, signal }: WorkerOptions,
  first: (channel: Channel) => Promise<T>,
): Promise<{ readonly channel: Channel; readonly answer: T }> {
  const spawns: readonly Spawn[] = worker ? [() => checked(worker())] : SPAWNS;
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
    `the worker can’t be loaded, neither from ${fileName()} nor from a Blob (${messageOf(cause)}): ` +
      'give { worker }, which makes one whose script imports unrolled/worker/host',
    { cause },
  );
}

function checked<T>(worker: T): T {
  const { postMessage, terminate } = (worker ?? {}) as Partial<Worker>;
  if (typeof postMessage !== 'function' || typeof terminate !== 'function') {
    throw new ArgumentError('worker', 'a function that gives a Worker', worker);
  }
  return worker;
}
