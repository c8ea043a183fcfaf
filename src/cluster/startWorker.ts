import { randomUUID } from 'node:crypto';
import { Worker as Thread } from 'node:worker_threads';
import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
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
import { checkCommands, isRefused } from './permissions.ts';
import { Registration } from './registry.ts';
import { Replica } from './replica.ts';
import { computeShard, isWaitedFor } from './shardJob.ts';
import { computeFit } from './sweepJob.ts';
import { Watchdog } from './watchdog.ts';

/** Options of `startWorker`. */
export interface ClusterWorkerOptions extends QueueOptions {
  /** Shards that are computed at the same time, each in a thread of its own. Default 1. */
  readonly threads?: number | undefined;
  /**
   * ms after which a job whose worker gives no sign is given to another one: within twice that time. Default 5000. Signs are
   * given by another thread than the one that computes.
   */
  readonly lockDuration?: number | undefined;
  /** ms to wait for the first connection to Redis, and for its answers when the worker is closed. Default 10,000. */
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
   * another version, or Redis refuses a command that it needs.
   */
  readonly ended: Promise<void>;
  /** Ends it after the jobs that are being computed; with `true` at once: they are given to others. */
  close(force?: boolean): Promise<void>;
}

/** Times that a job may lose its worker. For a job of a sweep each is an attempt, so that it may end earlier. */
const MOST_STALLED = 20;

/**
 * Starts a worker in this process: it computes shards of `ClusterTrainer` and jobs of `Sweep` until it is closed. A lost
 * connection is made again.
 *
 * @throws {ArgumentError} if an option is unknown or invalid, or `thread` does not return a worker
 * @throws {StateError} if Redis can't be reached, or refuses a command that a worker needs
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
  const replicas: Replica[] = [];
  let running: Running;
  try {
    while (replicas.length < threads) replicas.push(new Replica(start as () => NodeWorker));
    running = new Running(redis, queue, replicas, lockDuration, patience);
  } catch (error) {
    redis.disconnect();
    await Promise.all(replicas.map((replica) => replica.end()));
    throw error;
  }
  await running.begin();
  return running;
}

type AnyJob = Job<ShardJob | SweepJobData>;

/** Attempts of a job of a sweep that are left, with the one that is being made; those whose worker ended count. */
function attemptsLeft({ opts: { attempts = 1 }, attemptsMade, stalledCounter }: AnyJob): number {
  return attempts - attemptsMade - stalledCounter;
}

/** @throws {UnrecoverableError} if a job has no attempt left, since workers ended while they computed it */
function checkAttempts(job: AnyJob): void {
  if (attemptsLeft(job) > 0) return;
  const { opts, stalledCounter } = job;
  throw new UnrecoverableError(`its worker ended in ${stalledCounter} of ${opts.attempts ?? 1} attempts`);
}

class Running implements ClusterWorker {
  readonly id = randomUUID().slice(0, 8);
  readonly ended: Promise<void>;
  readonly #redis: Redis;
  readonly #reader: BulkReader;
  readonly #keys: Keys;
  readonly #worker: Worker<ShardJob | SweepJobData>;
  readonly #registration: Registration;
  readonly #replicas: readonly Replica[];
  /** Those that compute nothing. */
  readonly #idle: Replica[];
  readonly #watchdog: Watchdog;
  /** Jobs that are being computed, with the tokens of their locks. */
  readonly #active = new Map<AnyJob, string | undefined>();
  /** Whether jobs are given back. */
  #isForced = false;
  #settle!: { resolve(): void; reject(error: Error): void };
  #closing: Promise<void> | undefined;

  constructor(
    redis: Redis,
    queue: string,
    replicas: readonly Replica[],
    lockDuration: number,
    patience: number,
  ) {
    const threads = replicas.length;
    this.#replicas = replicas;
    this.#idle = [...replicas];
    this.#redis = redis;
    this.#watchdog = new Watchdog(redis, patience);
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
      autorun: false,
      concurrency: threads,
      lockDuration,
      lockRenewTime: lockDuration / 3,
      stalledInterval: lockDuration / 2,
      maxStalledCount: MOST_STALLED,
      drainDelay: 1,
      runRetryDelay: 500,
    });
    // a lost connection, a full Redis: it goes on when it can
    this.#worker.on('error', (error) => {
      if (isRefused(error)) void this.#end(false, translated(error, redis));
    });
  }

  /** Takes jobs. @throws {StateError} if Redis refuses what it needs, or gives no answer */
  async begin(): Promise<void> {
    try {
      await this.#watchdog.guard(this.#ask());
    } catch (error) {
      await this.#end(true);
      throw translated(error, this.#redis);
    }
  }

  /** Asks for the first job. */
  async #ask(): Promise<void> {
    await checkCommands(this.#redis, this.#keys, this.id);
    await this.#worker.waitUntilReady();
    const asked = new Promise<void>((resolve) => {
      for (const event of ['active', 'drained', 'error'] as const) this.#worker.once(event, () => resolve());
    });
    // errors are told by the event
    void this.#worker.run().catch(() => {});
    await this.#registration.tell();
    await asked;
    if (this.#closing) await this.ended;
  }

  async #process(job: AnyJob, token: string | undefined): Promise<void> {
    const { data } = job;
    if (!('identity' in data)) {
      // a job whose data are lost makes room for one that is added again
      (job as AnyJob).opts.removeOnComplete = true;
      return;
    }
    if (this.#isForced) await giveBack(job, token);
    if ('run' in data) checkAttempts(job);
    this.#active.set(job, token);
    // there are as many replicas as jobs at a time
    const replica = this.#idle.pop()!;
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
      const told = error === replica.failure ? error : translated(error, this.#redis);
      if ('shard' in data && !(await this.#tellFailure(data, told))) return;
      // BullMQ does not count attempts whose worker ended: the next one would tell only of these
      if ('run' in data && attemptsLeft(job) <= 1) throw new UnrecoverableError((told as Error).message);
      throw told;
    } finally {
      this.#active.delete(job);
      this.#idle.push(replica);
    }
  }

  /** Writes an error as it is; BullMQ keeps only its message. Gives false if the step is over: then nothing is to be kept. */
  async #tellFailure(job: ShardJob, error: unknown): Promise<boolean> {
    const { session, step, shard } = job;
    try {
      if (!(await isWaitedFor(this.#redis, this.#keys, job))) return false;
      const key = this.#keys.failure(session, step, shard);
      await this.#redis.set(key, JSON.stringify(packError(error)), 'PX', EXPIRY);
    } catch {
      // a full Redis
    }
    return true;
  }

  /** Gives a job back to workers of the coordinator's version, and ends. */
  async #refuse(own: string, job: AnyJob, token: string | undefined): Promise<never> {
    const { identity } = job.data;
    const session = 'session' in job.data ? job.data.session : undefined;
    this.#registration.change({ refused: own, expected: identity, session });
    await this.#registration.tell();
    await this.#worker.pause(true);
    const error = new StateError(`the coordinator is of another version: expected ${own}, got ${identity}`);
    setImmediate(() => void this.#end(false, error));
    return giveBack(job, token);
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
    if (force) await this.#watchdog.settle(this.#giveBackAll());
    await this.#watchdog.guard(this.#worker.close(force)).catch(() => {});
    await this.#watchdog.settle(this.#registration.leave());
    this.#watchdog.close();
    this.#redis.disconnect();
    // without an answer BullMQ leaves a connection of its own open
    await this.#worker.disconnect().catch(() => {});
    await Promise.all(this.#replicas.map((replica) => replica.end()));
  }

  /** Has other workers compute what this one computes: no attempt is lost. */
  async #giveBackAll(): Promise<void> {
    this.#isForced = true;
    await this.#worker.pause(true);
    await Promise.allSettled([...this.#active].map(([job, token]) => job.moveToWait(token)));
  }
}

/** @throws {WaitingError} which tells BullMQ that the job waits again */
async function giveBack(job: AnyJob, token: string | undefined): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}
