import { createHash } from 'node:crypto';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { integer, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { FitData } from '../model/trainer.ts';
import { runtime } from '../wasm/runtime.ts';
import type { DescribedOptions } from '../worker/exposed.ts';
import type { ModelSource, WorkerFitOptions } from '../worker/types.ts';
import { checkConnection, checkMemory, connect, type QueueOptions, translated } from './connection.ts';
import { identityOf } from './identity.ts';
import { type FitSpec, pack, type SweepJobData, type TaskSpec } from './jobs.ts';
import { KEPT, Keys, PREFIX, queueName } from './keys.ts';
import { checkVersions } from './registry.ts';
import { type SweepRecord, writeRecord } from './sweepJob.ts';

/** ms between two looks at what has become of the jobs. */
const LOOK_MS = 300;

/** A model to be trained from beginning to end by one worker. */
export interface SweepFit {
  /** Its name: a job is done once per name. */
  readonly name: string;
  /** The model, or the bytes of a saved one. */
  readonly model: ModelSource;
  /** Options of its trainer, as data. */
  readonly options: DescribedOptions;
  /** What it is trained on. The same object for several jobs is sent once. */
  readonly data: FitData;
  /** Options of `fit`, as data: `epochs`, `batchSize`, `validation`, `patience`, `restoreBest`, … */
  readonly fit?:
    | Omit<WorkerFitOptions, 'onProgress' | 'signal' | 'checkpoint' | 'progress' | 'transfer'>
    | undefined;
}

/** A function that the threads of workers expose, to be called by one of them. */
export interface SweepCall {
  /** Its name: a job is done once per name. */
  readonly name: string;
  /** Name of the function, as it is given to `expose` of `unrolled/cluster/thread`. */
  readonly task: string;
  /** What it is called with, as data. */
  readonly options?: unknown;
}

/** Options of a `Sweep`. */
export interface SweepOptions extends QueueOptions {
  /** Times that a job is tried. Default 3. */
  readonly attempts?: number | undefined;
  /** ms to wait for the first connection to Redis. Default 10,000. */
  readonly patience?: number | undefined;
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
  readonly #hashes = new WeakMap<object, string>();
  #opened: Promise<{ redis: Redis; queue: Queue<SweepJobData> }> | undefined;

  /** @throws {ArgumentError} if an option is unknown or invalid */
  constructor(opts?: SweepOptions) {
    const known = { connection: true, queue: true, attempts: true, patience: true } as const;
    this.#options = options('Sweep', opts, known);
    checkConnection(this.#options.connection);
    this.#queueName = queueName(this.#options.queue);
    this.#attempts = integer('attempts', this.#options.attempts ?? 3, 1);
    integer('patience', this.#options.patience ?? 10_000, 1);
    this.#keys = new Keys(this.#queueName);
  }

  /**
   * Adds jobs. Those that have a result are left out.
   * @throws {ArgumentError} if two jobs have one name, or something is not plain data
   * @throws {StateError} before `init`, or if Redis can't be reached
   * @throws {MemoryError} if Redis is full
   */
  async add(jobs: readonly (SweepFit | SweepCall)[]): Promise<void> {
    const { kernels } = runtime();
    const made: [SweepJobData, Map<string, Buffer>][] = [];
    const names = new Set<string>();
    for (const [i, job] of jobs.entries()) {
      const { name } = job;
      if (typeof name !== 'string' || name === '') throw new ArgumentError(`jobs[${i}].name`, 'a name', name);
      if (names.has(name)) throw new ArgumentError(`jobs[${i}].name`, 'a name of its own', name);
      names.add(name);
      made.push(await this.#prepare(job, kernels, `jobs[${i}]`));
    }
    const { redis } = await this.#open();
    for (const [job, values] of made) {
      this.#jobs.set(job.name, job);
      for (const [key, value] of values) this.#values.set(key, value);
    }
    try {
      const done = new Set(await redis.hkeys(this.#keys.results));
      await this.#publish(made.map(([job]) => job).filter(({ name }) => !done.has(name)));
    } catch (error) {
      throw translated(error, redis);
    }
  }

  /**
   * Waits until all jobs that were added have a result; gives them in the order in which they were added.
   * @param onResult called with each as it comes
   * @throws {StateError} if there are only workers of another version
   * @throws {MemoryError} if Redis is full
   */
  async wait(onResult: (record: SweepRecord) => void = () => {}): Promise<SweepRecord[]> {
    const { redis } = await this.#open();
    const records = new Map<string, SweepRecord>();
    try {
      for (;;) {
        const names = [...this.#jobs.keys()].filter((name) => !records.has(name));
        const texts = names.length ? await redis.hmget(this.#keys.results, ...names) : [];
        for (const [i, text] of texts.entries()) {
          if (text === null) continue;
          const record = JSON.parse(text) as SweepRecord;
          records.set(names[i]!, record);
          onResult(record);
        }
        if (records.size === this.#jobs.size) {
          // data that no job needs any more
          if (this.#values.size) await redis.del(...this.#values.keys());
          return [...this.#jobs.keys()].map((name) => records.get(name)!);
        }
        await this.#look(names.filter((name) => !records.has(name)));
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    } catch (error) {
      throw translated(error, redis);
    }
  }

  /** The results that are there, the lowest value first, or with `mode: 'max'` the highest; those that failed are left out. */
  async best(
    count: number,
    { mode = 'min' }: { readonly mode?: 'min' | 'max' | undefined } = {},
  ): Promise<SweepRecord[]> {
    integer('count', count, 1);
    const { redis } = await this.#open();
    const { ranking, results } = this.#keys;
    const all = await redis.zrange(ranking, '0', '-1');
    const names = (mode === 'min' ? all : all.reverse()).slice(0, count);
    const texts = names.length ? await redis.hmget(results, ...names) : [];
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as SweepRecord]));
  }

  /** The saved model of a job, for `Sequential.load` or `Model.load`; undefined if there is none. */
  async model(name: string): Promise<Uint8Array | undefined> {
    const { redis } = await this.#open();
    return (await redis.getBuffer(this.#keys.model(name))) ?? undefined;
  }

  /** Removes the jobs, results and models of the queue's sweep. Jobs that are running end without a result. */
  async clear(): Promise<void> {
    const { redis, queue } = await this.#open();
    const names = await redis.hkeys(this.#keys.results);
    const jobs = await queue.getJobs(['waiting', 'delayed', 'failed', 'prioritized']);
    await Promise.all(jobs.filter((job) => job?.name === 'fit').map((job) => job.remove().catch(() => {})));
    const { results, ranking } = this.#keys;
    await redis.del(results, ranking, ...names.map((name) => this.#keys.model(name)), ...this.#values.keys());
    this.#jobs.clear();
    this.#values.clear();
  }

  /** Disconnects; jobs go on. */
  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    await opened?.queue.close().catch(() => {});
    opened?.redis.disconnect();
  }

  /** Same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #prepare(
    job: SweepFit | SweepCall,
    kernels: 'simd' | 'relaxed',
    argument: string,
  ): Promise<[SweepJobData, Map<string, Buffer>]> {
    const { name } = job;
    const spec = this.#keys.sweepSpec(idOf(name));
    if ('task' in job) {
      const identity = await identityOf(kernels);
      const of: TaskSpec = { identity, kernels, task: job.task, options: job.options };
      return [{ name, spec, data: undefined, identity }, new Map([[spec, packed(argument, of)]])];
    }
    const { model: given, options, fit = {} } = job;
    const model = 'save' in given ? given.save() : new Uint8Array(given as Uint8Array);
    const identity = await identityOf(kernels, model);
    const of: FitSpec = { identity, kernels, model, options, fit };
    const values = new Map([[spec, packed(argument, of)]]);
    const known = this.#hashes.get(job.data);
    const bytes = known === undefined ? packed(`${argument}.data`, job.data) : undefined;
    const hash = known ?? createHash('sha256').update(bytes!).digest('hex').slice(0, 24);
    if (bytes) values.set(this.#keys.data(hash), bytes);
    this.#hashes.set(job.data, hash);
    return [{ name, spec, data: this.#keys.data(hash), identity }, values];
  }

  /** Writes what workers need, then the jobs. */
  async #publish(jobs: readonly SweepJobData[]): Promise<void> {
    const { redis, queue } = await this.#open();
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
  async #look(names: readonly string[]): Promise<void> {
    const { redis, queue } = await this.#open();
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
    await this.#publish(lost.filter(({ name }) => !done.has(name)));
    const own = new Set([...this.#jobs.values()].map(({ identity }) => identity));
    await checkVersions(redis, this.#keys, ({ expected }) => own.has(expected!));
  }

  #open(): Promise<{ redis: Redis; queue: Queue<SweepJobData> }> {
    this.#opened ??= connect(this.#options.connection, this.#options.patience ?? 10_000).then(
      (redis) => {
        const queue = new Queue<SweepJobData>(this.#queueName, { connection: redis, prefix: PREFIX });
        queue.on('error', () => {});
        return { redis, queue };
      },
      (error) => {
        this.#opened = undefined;
        throw error;
      },
    );
    return this.#opened;
  }
}

/** Id of a job: names may have any characters. */
function idOf(name: string): string {
  return `fit-${createHash('sha256').update(name).digest('hex').slice(0, 24)}`;
}

/** @throws {ArgumentError} unless it is data */
function packed(argument: string, value: unknown): Buffer {
  try {
    return pack(value);
  } catch (cause) {
    throw new ArgumentError(argument, 'plain data', value, { cause });
  }
}
