import { randomUUID } from 'node:crypto';
import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { callable, integer, oneOf, options } from '../check.ts';
import { StateError } from '../errors.ts';
import { runtime } from '../wasm/runtime.ts';
import { checkConnection, checkMemory, connect, type QueueOptions, translated } from './connection.ts';
import { type SweepJobData, unpack } from './jobs.ts';
import { Keys, PREFIX, queueName } from './keys.ts';
import { checkVersions } from './registry.ts';
import { LOST } from './sweepJob.ts';
import { claim, finish, keepValues, type SweepRecord, writeValues } from './sweepStore.ts';
import { type SweepCall, type SweepFit, type SweepWork, SweepWorks } from './sweepWork.ts';
import { Watchdog } from './watchdog.ts';

export type { SweepCall, SweepFit } from './sweepWork.ts';

/** ms between two looks at what has become of the jobs. */
const LOOK_MS = 300;

/** Options of a `Sweep`. */
export interface SweepOptions extends QueueOptions {
  /** Times that a job is tried, also if its worker ends in the middle. Default 3. */
  readonly attempts?: number | undefined;
  /** ms without an answer of Redis after which calls throw. Default 60,000; for the first connection 10,000. */
  readonly patience?: number | undefined;
}

/** A connection, and the queue on it. */
interface Opened {
  readonly redis: Redis;
  readonly queue: Queue<SweepJobData>;
  readonly watchdog: Watchdog;
}

/**
 * Many small models, one per series or setting, each trained by one worker. Results and models stay in Redis for a week
 * after the last one, or until `clear`; a sweep that is added again goes on with the jobs that have no result, or failed.
 */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #queueName: string;
  readonly #attempts: number;
  readonly #keys: Keys;
  readonly #jobs = new Map<string, SweepWork>();
  readonly #works = new SweepWorks();
  #opened: Promise<Opened> | undefined;
  /** Ends when it is disconnected; from the first `close` on. */
  #closed: Promise<void> | undefined;

  /** @throws {ArgumentError} if an option is unknown or invalid */
  constructor(opts?: SweepOptions) {
    const known = { connection: true, queue: true, attempts: true, patience: true } as const;
    this.#options = options('Sweep', opts, known);
    checkConnection(this.#options.connection);
    this.#queueName = queueName(this.#options.queue);
    this.#attempts = integer('attempts', this.#options.attempts ?? 3, 1);
    if (this.#options.patience !== undefined) integer('patience', this.#options.patience, 1);
    this.#keys = new Keys(this.#queueName);
  }

  /**
   * Adds jobs. Those that have a result are left out, and those that a worker computes; one that waits is replaced, and one
   * that failed is tried again.
   * @throws {ArgumentError} if two jobs have one name, something is missing or unknown, or is not plain data
   * @throws {StateError} before `init`, after `close`, or if Redis can't be reached or gives no answer
   * @throws {MemoryError} if Redis is full
   */
  async add(jobs: readonly (SweepFit | SweepCall)[]): Promise<void> {
    const made = await this.#works.of(jobs, runtime().kernels);
    await this.#ask(async (opened) => {
      for (const work of made) this.#jobs.set(work.name, work);
      const names = made.map(({ name }) => name);
      await this.#withdraw(opened, made);
      const failed = (await this.#packed(opened, names)).map((bytes) =>
        bytes && unpack<SweepRecord>(bytes).error !== undefined ? bytes : undefined,
      );
      await this.#begin(opened, made, failed);
    });
  }

  /**
   * Waits until all jobs that were added have a result; gives them in the order in which they were added.
   * @param onResult called with each as it comes; a promise that it returns is waited for
   * @throws {StateError} if there are only workers of another version, after `close`, or if Redis gives no answer
   * @throws {MemoryError} if Redis is full
   * @throws any error thrown by `onResult`
   */
  async wait(onResult: (record: SweepRecord) => unknown = () => {}): Promise<SweepRecord[]> {
    callable('onResult', onResult);
    const records = new Map<string, SweepRecord>();
    for (;;) {
      const missing = () => [...this.#jobs.keys()].filter((name) => !records.has(name));
      for (const record of await this.#ask((opened) => this.#records(opened, missing()))) {
        records.set(record.name, record);
        await onResult(record);
      }
      if (!missing().length) break;
      await this.#ask((opened) => this.#look(opened, missing()));
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return [...this.#jobs.keys()].map((name) => records.get(name)!);
  }

  /**
   * The results that are there, the lowest value first, or with `mode: 'max'` the highest; those that failed or gave NaN are left
   * out.
   * @throws {StateError} after `close`, or if Redis can't be reached or gives no answer
   */
  async best(count: number, opts?: { readonly mode?: 'min' | 'max' | undefined }): Promise<SweepRecord[]> {
    integer('count', count, 1);
    const { mode = 'min' } = options('best', opts, { mode: true });
    oneOf('mode', mode, ['min', 'max']);
    return this.#ask(async (opened) => {
      const all = await opened.redis.zrange(this.#keys.ranking, '0', '-1');
      return this.#records(opened, (mode === 'min' ? all : all.reverse()).slice(0, count));
    });
  }

  /**
   * The saved model of a job, for `Sequential.load` or `Model.load`; undefined if there is none.
   * @throws {StateError} after `close`, or if Redis can't be reached or gives no answer
   */
  async model(name: string): Promise<Uint8Array | undefined> {
    return this.#ask(async ({ redis }) => (await redis.getBuffer(this.#keys.model(name))) ?? undefined);
  }

  /**
   * Removes the jobs, results and models of the queue's sweep. Jobs that are running end without a result.
   * @throws {StateError} after `close`, or if Redis can't be reached or gives no answer
   */
  async clear(): Promise<void> {
    await this.#ask(async ({ redis, queue }) => {
      const { results, ranking, runs } = this.#keys;
      const jobs = await queue.getJobs(['waiting', 'delayed', 'failed', 'prioritized', 'active']);
      // from here on no run counts
      await redis.del(runs);
      const models = (await redis.hkeys(results)).map((name) => this.#keys.model(name));
      await redis.del(results, ranking, ...models);
      const fits = jobs.filter((job) => job?.name === 'fit');
      await Promise.all(fits.map((job) => job.remove().catch(() => {})));
      await Promise.all(fits.map(({ data }) => finish(redis, this.#keys, data)));
    });
    this.#jobs.clear();
  }

  /** Disconnects; jobs go on. Calls under way and later ones throw. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    opened?.watchdog.close();
    await opened?.queue.close().catch(() => {});
    opened?.redis.disconnect();
  }

  /** Calls Redis. @throws {StateError | MemoryError} what it refuses, translated; after `close` */
  async #ask<T>(call: (opened: Opened) => Promise<T>): Promise<T> {
    const opened = await this.#open();
    try {
      return await opened.watchdog.guard(call(opened));
    } catch (error) {
      throw this.#closed ? closedError() : translated(error, opened.redis);
    }
  }

  /** Those that are there. */
  async #records(opened: Opened, names: readonly string[]): Promise<SweepRecord[]> {
    const packed = await this.#packed(opened, names);
    return packed.flatMap((bytes) => (bytes ? [unpack<SweepRecord>(bytes)] : []));
  }

  async #packed({ redis }: Opened, names: readonly string[]): Promise<(Buffer | null)[]> {
    return names.length ? redis.hmgetBuffer(this.#keys.results, ...names) : [];
  }

  /**
   * Takes back jobs that were added, unless they are being computed, or wait with the same values.
   * @throws {MemoryError} if Redis is full: then nothing is taken back
   */
  async #withdraw({ redis, queue }: Opened, works: readonly SweepWork[]): Promise<void> {
    const names = works.map(({ name }) => name);
    const runs = names.length ? await redis.hmget(this.#keys.runs, ...names) : [];
    const others = await Promise.all(
      runs.map(async (run, i) => {
        const job = run ? await queue.getJob(run) : undefined;
        return job && !(await this.#isSame(redis, job, works[i]!)) ? job : undefined;
      }),
    );
    if (others.some((job) => job)) await checkMemory(redis);
    const withdraw = async (job: Job<SweepJobData>) => {
      const isBack = await job.remove().then(
        () => true,
        () => false,
      );
      if (!isBack) return;
      await redis.hdel(this.#keys.runs, job.data.name);
      await finish(redis, this.#keys, job.data);
    };
    await Promise.all(others.map((job) => job && withdraw(job)));
  }

  /** Whether a job has not failed, and has the values that it would be added with. */
  async #isSame(redis: Redis, { data, finishedOn }: Job<SweepJobData>, work: SweepWork): Promise<boolean> {
    const isEqual = data.spec === work.spec.hash && data.data === work.data?.hash;
    return finishedOn === undefined && isEqual && (await keepValues(redis, this.#keys, data));
  }

  /**
   * Has jobs without a result computed, unless they are being or wait.
   * @param failed by job, the record of an earlier run that is not to count
   */
  async #begin(
    opened: Opened,
    works: readonly SweepWork[],
    failed: readonly (Buffer | undefined)[] = [],
  ): Promise<void> {
    const { redis, queue } = opened;
    const claims = works.map(({ name }, i) => ({ name, run: `fit-${randomUUID()}`, failed: failed[i] }));
    const runs = await claim(redis, this.#keys, claims);
    const states = await Promise.all(runs.map((run) => run && queue.getJobState(run)));
    const missing = works.flatMap((work, i) => (states[i] === 'unknown' ? [{ work, run: runs[i]! }] : []));
    await writeValues(redis, this.#keys, missing);
    const backoff = { type: 'fixed', delay: 100 };
    const opts = { attempts: this.#attempts, backoff, removeOnComplete: true };
    await queue.addBulk(
      missing.map(({ work: { name, identity, spec, data }, run }) => ({
        name: 'fit',
        data: { name, run, data: data?.hash, spec: spec.hash, identity },
        opts: { ...opts, jobId: run },
      })),
    );
  }

  /** Writes the errors of jobs that failed for good. One whose values are lost, and are here, may be added again. */
  async #settle({ redis, queue }: Opened): Promise<void> {
    for (const job of await queue.getFailed()) {
      if (job?.name !== 'fit') continue;
      const { name } = job.data;
      if (job.failedReason !== LOST)
        await finish(redis, this.#keys, job.data, { name, error: job.failedReason || 'its workers ended' });
      else if (!this.#jobs.has(name)) continue;
      await job.remove().catch(() => {});
    }
  }

  /** Looks for jobs that failed or are lost, a full Redis and workers of another version. */
  async #look(opened: Opened, names: readonly string[]): Promise<void> {
    const { redis } = opened;
    await checkMemory(redis);
    await this.#settle(opened);
    await this.#begin(
      opened,
      names.map((name) => this.#jobs.get(name)!),
    );
    const own = new Set([...this.#jobs.values()].map(({ identity }) => identity));
    await checkVersions(redis, this.#keys, ({ expected }) => own.has(expected!));
  }

  #open(): Promise<Opened> {
    if (this.#closed) throw closedError();
    const { connection, patience } = this.#options;
    this.#opened ??= connect(connection, patience ?? 10_000).then(
      (redis) => {
        const queue = new Queue<SweepJobData>(this.#queueName, { connection: redis, prefix: PREFIX });
        queue.on('error', () => {});
        return { redis, queue, watchdog: new Watchdog(redis, patience ?? 60_000) };
      },
      (error) => {
        this.#opened = undefined;
        throw error;
      },
    );
    return this.#opened;
  }
}

function closedError(): StateError {
  return new StateError('the sweep was closed');
}
