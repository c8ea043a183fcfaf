import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { callable, integer, oneOf, options } from '../check.ts';
import { StateError } from '../errors.ts';
import { runtime } from '../wasm/runtime.ts';
import { checkConnection, checkMemory, connect, type QueueOptions, translated } from './connection.ts';
import { parsed, type SweepJobData } from './jobs.ts';
import { KEPT, Keys, PREFIX, queueName } from './keys.ts';
import { checkVersions } from './registry.ts';
import { type SweepRecord, writeRecord } from './sweepJob.ts';
import { idOf, type SweepCall, type SweepFit, SweepWorks } from './sweepWork.ts';
import { Watchdog } from './watchdog.ts';

export type { SweepCall, SweepFit } from './sweepWork.ts';

/** ms between two looks at what has become of the jobs. */
const LOOK_MS = 300;

/** Options of a `Sweep`. */
export interface SweepOptions extends QueueOptions {
  /** Times that a job is tried. Default 3. */
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
 * after the last one, or until `clear`; a sweep that is added again goes on with the jobs that have no result.
 */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #queueName: string;
  readonly #attempts: number;
  readonly #keys: Keys;
  readonly #jobs = new Map<string, SweepJobData>();
  /** Values that workers need, by key, until the job is done. */
  readonly #values = new Map<string, Buffer>();
  readonly #works: SweepWorks;
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
    this.#works = new SweepWorks(this.#keys);
  }

  /**
   * Adds jobs. Those that have a result are left out.
   * @throws {ArgumentError} if two jobs have one name, something is missing or unknown, or is not plain data
   * @throws {StateError} before `init`, after `close`, or if Redis can't be reached or gives no answer
   * @throws {MemoryError} if Redis is full
   */
  async add(jobs: readonly (SweepFit | SweepCall)[]): Promise<void> {
    const made = await this.#works.of(jobs, runtime().kernels);
    await this.#ask(async (opened) => {
      for (const { job, values } of made) {
        this.#jobs.set(job.name, job);
        for (const [key, value] of values) this.#values.set(key, value);
      }
      const done = new Set(await opened.redis.hkeys(this.#keys.results));
      await this.#publish(
        opened,
        made.map(({ job }) => job).filter(({ name }) => !done.has(name)),
      );
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
    // data that no job needs any more
    const keys = [...this.#values.keys()];
    if (keys.length) await this.#ask(({ redis }) => redis.del(...keys));
    return [...this.#jobs.keys()].map((name) => records.get(name)!);
  }

  /**
   * The results that are there, the lowest value first, or with `mode: 'max'` the highest; those that failed are left out.
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
      const { results, ranking } = this.#keys;
      const models = (await redis.hkeys(results)).map((name) => this.#keys.model(name));
      const jobs = await queue.getJobs(['waiting', 'delayed', 'failed', 'prioritized']);
      await Promise.all(jobs.filter((job) => job?.name === 'fit').map((job) => job.remove().catch(() => {})));
      await redis.del(results, ranking, ...models, ...this.#values.keys());
    });
    this.#jobs.clear();
    this.#values.clear();
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
  async #records({ redis }: Opened, names: readonly string[]): Promise<SweepRecord[]> {
    const texts = names.length ? await redis.hmget(this.#keys.results, ...names) : [];
    return texts.flatMap((text) => (text === null ? [] : [parsed<SweepRecord>(text)]));
  }

  /** Writes what workers need, then the jobs. */
  async #publish({ redis, queue }: Opened, jobs: readonly SweepJobData[]): Promise<void> {
    const keys = new Set(jobs.flatMap(({ spec, data }) => (data === undefined ? [spec] : [spec, data])));
    await Promise.all([...keys].map((key) => redis.set(key, this.#values.get(key)!, 'PX', KEPT)));
    const backoff = { type: 'fixed', delay: 100 };
    await queue.addBulk(
      jobs.map((data) => ({
        name: 'fit',
        data,
        opts: { jobId: idOf(data.name), attempts: this.#attempts, backoff, removeOnComplete: true },
      })),
    );
  }

  /** Looks for jobs that failed or are lost, a full Redis and workers of another version. */
  async #look(opened: Opened, names: readonly string[]): Promise<void> {
    const { redis, queue } = opened;
    await checkMemory(redis);
    const states = await Promise.all(names.map((name) => queue.getJobState(idOf(name))));
    const lost: SweepJobData[] = [];
    for (const [i, state] of states.entries()) {
      const name = names[i]!;
      if (state === 'unknown') lost.push(this.#jobs.get(name)!);
      if (state !== 'failed') continue;
      const job = await queue.getJob(idOf(name));
      await writeRecord(redis, this.#keys, { name, error: job?.failedReason ?? 'its workers ended' });
      await job?.remove();
    }
    const done = lost.length ? new Set(await redis.hkeys(this.#keys.results)) : new Set<string>();
    await this.#publish(
      opened,
      lost.filter(({ name }) => !done.has(name)),
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
