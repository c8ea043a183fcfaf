import { randomUUID } from 'node:crypto';
import { Worker as Thread } from 'node:worker_threads';
import { type Job, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { callable, integer, options } from '../check.ts';
import { StateError } from '../errors.ts';
import { pack as packError } from '../worker/failure.ts';
import type { NodeWorker } from '../worker/types.ts';
import { BulkReader } from './bulkReader.ts';
import { connect, type QueueOptions, translated } from './connection.ts';
import { packageVersion } from './identity.ts';
import type { ShardJob, SweepJobData } from './jobs.ts';
import { EXPIRY, Keys, PREFIX, queueName } from './keys.ts';
import { Registration } from './registry.ts';
import { Replica } from './replica.ts';
import { computeShard } from './shardJob.ts';
import { computeFit } from './sweepJob.ts';

/** Options of `startWorker`. */
export interface ClusterWorkerOptions extends QueueOptions {
  /** Shards that are computed at the same time, each in a thread of its own. Default 1. */
  readonly threads?: number | undefined;
  /**
   * ms after which a job whose worker gives no sign is given to another one: within twice that time. Default 5000. Signs are
   * given by another thread than the one that computes.
   */
  readonly lockDuration?: number | undefined;
  /** ms to wait for the first connection to Redis. Default 10,000. */
  readonly patience?: number | undefined;
  /** Creates a thread whose script imports `unrolled/cluster/thread`, to expose custom layers, losses or tasks. */
  readonly thread?: (() => Thread) | undefined;
}

/** A worker that is running. */
export interface ClusterWorker {
  /** Its name in `clusterStatus`. */
  readonly id: string;
  /**
   * Resolves when it has ended by `close`. Rejects with a StateError if it ended by itself, since the coordinator is of
   * another version.
   */
  readonly ended: Promise<void>;
  /** Ends it after the jobs that are being computed; with `true` at once: they are given to others. */
  close(force?: boolean): Promise<void>;
}

/** Times that a job may lose its worker. */
const MOST_STALLED = 20;

/**
 * Starts a worker in this process: it computes shards of `ClusterTrainer` and jobs of `Sweep` until it is closed. A lost
 * connection is made again.
 *
 * @throws {ArgumentError} if an option is unknown or invalid, or `thread` does not return a worker
 * @throws {StateError} if Redis can't be reached
 * @throws any error thrown by `thread`
 */
export async function startWorker(opts?: ClusterWorkerOptions): Promise<ClusterWorker> {
  const given = options('startWorker', opts, {
    connection: true,
    queue: true,
    threads: true,
    lockDuration: true,
    patience: true,
    thread: true,
  });
  const queue = queueName(given.queue);
  const threads = integer('threads', given.threads ?? 1, 1, 1024);
  const lockDuration = integer('lockDuration', given.lockDuration ?? 5000, 100);
  const patience = integer('patience', given.patience ?? 10_000, 1);
  if (given.thread !== undefined) callable('thread', given.thread);
  const redis = await connect(given.connection, patience);
  const start = given.thread ?? (() => new Thread(new URL('./thread.js', import.meta.url)));
  try {
    return new Running(redis, queue, threads, lockDuration, start as () => NodeWorker);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

type AnyJob = Job<ShardJob | SweepJobData>;

class Running implements ClusterWorker {
  readonly id = randomUUID().slice(0, 8);
  readonly ended: Promise<void>;
  readonly #redis: Redis;
  readonly #reader: BulkReader;
  readonly #keys: Keys;
  readonly #worker: Worker<ShardJob | SweepJobData>;
  readonly #registration: Registration;
  readonly #replicas: Replica[];
  #settle!: { resolve(): void; reject(error: Error): void };
  #closing: Promise<void> | undefined;

  constructor(redis: Redis, queue: string, threads: number, lockDuration: number, start: () => NodeWorker) {
    this.#replicas = Array.from({ length: threads }, () => new Replica(start));
    this.#redis = redis;
    this.#reader = new BulkReader(redis);
    this.#keys = new Keys(queue);
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // who does not await it is told by `close` and by the coordinator
    this.ended.catch(() => {});
    const own = { id: this.id, version: packageVersion(), threads };
    this.#registration = new Registration(redis, this.#keys, Math.max(lockDuration, 1000), own);
    this.#worker = new Worker<ShardJob | SweepJobData>(queue, (job, token) => this.#process(job, token), {
      connection: redis,
      prefix: PREFIX,
      concurrency: threads,
      lockDuration,
      lockRenewTime: lockDuration / 3,
      stalledInterval: lockDuration / 2,
      maxStalledCount: MOST_STALLED,
      drainDelay: 1,
      runRetryDelay: 500,
    });
    // a lost connection, a full Redis: it goes on when it can
    this.#worker.on('error', () => {});
    void this.#registration.tell();
  }

  async #process(job: AnyJob, token: string | undefined): Promise<void> {
    // there are as many replicas as jobs at a time
    const replica = this.#replicas.pop()!;
    const { data } = job;
    const what = 'shard' in data ? `step ${data.step}, shard ${data.shard}` : data.name;
    this.#registration.begin(what);
    try {
      const refused = await ('shard' in data
        ? computeShard(this.#redis, this.#reader, this.#keys, replica, data)
        : computeFit(this.#redis, this.#keys, replica, data));
      if (refused) await this.#refuse(refused, job, token);
      this.#registration.end(what, 'done');
    } catch (error) {
      this.#registration.end(what, error instanceof WaitingError ? undefined : 'failed');
      if (error instanceof WaitingError) throw error;
      if ('shard' in data) await this.#tellFailure(data, error);
      throw error === replica.failure ? error : translated(error, this.#redis);
    } finally {
      this.#replicas.push(replica);
    }
  }

  /** Writes an error as it is; BullMQ keeps only its message. */
  async #tellFailure({ session, step, shard }: ShardJob, error: unknown): Promise<void> {
    const key = this.#keys.failure(session, step, shard);
    // a full Redis
    await this.#redis.set(key, JSON.stringify(packError(error)), 'PX', EXPIRY).catch(() => {});
  }

  /** Gives a job back to workers of the coordinator's version, and ends. */
  async #refuse(own: string, job: AnyJob, token: string | undefined): Promise<never> {
    const { identity } = job.data;
    const session = 'session' in job.data ? job.data.session : undefined;
    this.#registration.change({ refused: own, expected: identity, session });
    await this.#registration.tell();
    await this.#worker.pause(true);
    await job.moveToWait(token);
    const error = new StateError(`the coordinator is of another version: expected ${own}, got ${identity}`);
    setImmediate(() => void this.#end(false, error));
    throw new WaitingError();
  }

  close(force = false): Promise<void> {
    return this.#end(force);
  }

  #end(force: boolean, error?: Error): Promise<void> {
    this.#closing ??= this.#finish(force).then(() =>
      error ? this.#settle.reject(error) : this.#settle.resolve(),
    );
    return this.#closing;
  }

  async #finish(force: boolean): Promise<void> {
    const replicas = [...this.#replicas];
    if (force) await Promise.all(replicas.map((replica) => replica.end()));
    await this.#worker.close(force).catch(() => {});
    await Promise.all(this.#replicas.map((replica) => replica.end()));
    if (this.#redis.status === 'ready') await this.#registration.leave().catch(() => {});
    this.#redis.disconnect();
  }
}
