import { Queue } from 'bullmq';
import { integer, options } from '../check.ts';
import { addressOf, connect, memoryOf, type QueueOptions, translated } from './connection.ts';
import { parsed } from './jobs.ts';
import { Keys, PREFIX, queueName } from './keys.ts';
import type { CoordinatorState } from './lease.ts';
import { liveWorkers, type WorkerState } from './registry.ts';
import { Watchdog } from './watchdog.ts';

/** Who does what on a queue. */
export interface ClusterStatus {
  /** Name of the queue. */
  readonly queue: string;
  /** The coordinator; undefined if there is none. */
  readonly coordinator: CoordinatorState | undefined;
  /** The workers that give signs of life. */
  readonly workers: readonly WorkerState[];
  /** Number of jobs by state. */
  readonly jobs: Readonly<Record<'waiting' | 'active' | 'delayed' | 'failed', number>>;
  /** Sweep jobs that have a result. */
  readonly results: number;
  /** The server. */
  readonly redis: {
    /** Host and port, or the path of a socket. */
    readonly address: string;
    /** Bytes in use. */
    readonly used: number;
    /** Bytes at most; 0 for no limit. */
    readonly max: number;
    /** What Redis does when it is full: `noeviction` is right, all else loses values of a step. */
    readonly policy: string;
  };
}

/** Of which queue the status is wanted. */
export interface ClusterStatusOptions extends QueueOptions {
  /** ms to wait for the connection, and for answers. Default 5000. */
  readonly patience?: number | undefined;
}

/**
 * Tells who does what on a queue.
 * @throws {ArgumentError} if an option is unknown or invalid
 * @throws {StateError} if Redis can't be reached or gives no answer
 */
export async function clusterStatus(opts?: ClusterStatusOptions): Promise<ClusterStatus> {
  const given = options('clusterStatus', opts, { connection: true, queue: true, patience: true });
  const name = queueName(given.queue);
  const patience = integer('patience', given.patience ?? 5000, 1);
  const redis = await connect(given.connection, patience);
  const watchdog = new Watchdog(redis, patience);
  const queue = new Queue(name, { connection: redis, prefix: PREFIX });
  queue.on('error', () => {});
  const keys = new Keys(name);
  try {
    const asked = Promise.all([
      redis.get(keys.coordinator),
      liveWorkers(redis, keys),
      queue.getJobCounts('waiting', 'active', 'delayed', 'failed'),
      redis.hlen(keys.results),
      memoryOf(redis),
    ]);
    const [text, workers, counts, results, memory] = await watchdog.guard(asked);
    const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts;
    return {
      queue: name,
      coordinator: text === null ? undefined : parsed<CoordinatorState>(text),
      workers,
      jobs: { waiting, active, delayed, failed },
      results,
      redis: { address: addressOf(redis), ...memory },
    };
  } catch (error) {
    throw translated(error, redis);
  } finally {
    watchdog.close();
    await queue.close();
    redis.disconnect();
  }
}
