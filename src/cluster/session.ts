import { randomUUID } from 'node:crypto';
import { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { StateError } from '../errors.ts';
import { unpack as unpackError } from '../worker/failure.ts';
import { BulkReader } from './bulkReader.ts';
import type { Take } from './clusterSteps.ts';
import { checkMemory, fullError, isFull, translated } from './connection.ts';
import { pack, parsed, type ShardJob, type Spec } from './jobs.ts';
import { EXPIRY, Keys, PREFIX } from './keys.ts';
import { Lease } from './lease.ts';
import { checkVersions } from './registry.ts';
import { resultOf, setParts } from './values.ts';
import { Watchdog } from './watchdog.ts';

/** ms between two looks at what has become of the jobs; their events come sooner. */
const LOOK_MS = 500;

/** How a session runs. */
export interface SessionOptions {
  readonly queue: string;
  readonly shards: number;
  /** Times that a shard is tried before the step fails. */
  readonly attempts: number;
  /** ms after which a coordinator that gives no sign is taken for dead. */
  readonly lockDuration: number;
  /** ms without an answer of Redis after which a step fails. */
  readonly patience: number;
}

/** The work of one coordinator on a queue, from its first step on. */
export class ClusterSession {
  readonly id = randomUUID().slice(0, 8);
  readonly redis: Redis;
  readonly lease: Lease;
  readonly #queue: Queue<ShardJob>;
  readonly #events: QueueEvents;
  readonly #blocking: Redis;
  readonly #keys: Keys;
  readonly #options: SessionOptions;
  readonly #spec: Spec;
  readonly #watchdog: Watchdog;
  readonly #reader: BulkReader;
  /** Where results are read; used again for the next one. */
  #room = new Uint8Array();
  /** The removal of what the last step wrote. */
  #cleaning: Promise<unknown> = Promise.resolve();
  #step = 0;
  #hasFailed = false;
  /** Called when a job has ended. */
  #wake: () => void = () => {};
  /** Ends the step under way. */
  #reject: (error: Error) => void = () => {};

  private constructor(redis: Redis, spec: Spec, options: SessionOptions) {
    this.redis = redis;
    this.#spec = spec;
    this.#options = options;
    this.#keys = new Keys(options.queue);
    this.#watchdog = new Watchdog(redis, options.patience);
    this.#reader = new BulkReader(redis);
    this.#blocking = redis.duplicate();
    const { queue, shards } = options;
    this.#queue = new Queue(queue, { connection: redis, prefix: PREFIX });
    this.#events = new QueueEvents(queue, { connection: this.#blocking, prefix: PREFIX });
    // what they report is found by looking, too
    this.#queue.on('error', () => {});
    this.#events.on('error', () => {});
    this.#blocking.on('error', () => {});
    this.#events.on('completed', () => this.#wake());
    this.#events.on('failed', () => {
      this.#hasFailed = true;
      this.#wake();
    });
    const { identity } = spec;
    this.lease = new Lease(redis, this.#keys, options.lockDuration, {
      ...{ session: this.id, step: 0, shards, waiting: [], identity },
    });
  }

  /** Takes the queue. @throws {StateError} if another coordinator has it */
  static async open(redis: Redis, spec: Spec, options: SessionOptions): Promise<ClusterSession> {
    const session = new ClusterSession(redis, spec, options);
    try {
      await session.#watchdog.guard(session.#begin());
      return session;
    } catch (error) {
      await session.close();
      throw translated(error, redis);
    }
  }

  async #begin(): Promise<void> {
    await this.lease.take();
    await this.#events.waitUntilReady();
    await this.#forgetOthers();
  }

  /** Removes jobs of coordinators that have ended; their values expire. */
  async #forgetOthers(): Promise<void> {
    const jobs = await this.#queue.getJobs(['waiting', 'delayed', 'failed', 'prioritized']);
    const old = jobs.filter((job) => job?.name === 'shard' && job.data.session !== this.id);
    // one that is taken at this moment finds no values, and ends
    await Promise.all(old.map((job) => job.remove().catch(() => {})));
  }

  /**
   * Has the shards of a step computed; `take` gets their results in order, as soon as they are there. Whatever happens, nothing of the step stays in Redis but what expires.
   * @throws {StateError} if a shard fails in all attempts, there are only workers of another version, or Redis gives no answer
   * for too long
   * @throws {MemoryError} if Redis is full
   */
  async run(weights: Buffer, shards: readonly Buffer[], made: number, take: Take): Promise<void> {
    this.lease.check();
    const step = ++this.#step;
    const round = { step, weights, shards, done: new Set<number>(), isOver: false };
    this.lease.state = { ...this.lease.state, step: made, waiting: shards.map((_, i) => i) };
    const ended = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    const collected = this.#collect(round, take);
    let isMade = false;
    try {
      await this.#watchdog.guard(Promise.race([collected, ended]));
      isMade = true;
    } catch (error) {
      throw translated(error, this.redis);
    } finally {
      round.isOver = true;
      this.#wake();
      this.lease.state = { ...this.lease.state, waiting: [] };
      // what is being written for the step comes before its removal
      const cleaned = collected.catch(() => {}).then(() => this.#clean(round));
      const ends = [cleaned, this.lease.refresh()].map((end) => end.catch(() => {}));
      this.#cleaning = Promise.all(ends);
      // the next step need not wait
      if (!isMade) await this.#watchdog.settle(this.#cleaning);
    }
  }

  /** Has the step under way throw. */
  giveUp(error: Error): void {
    this.#reject(error);
  }

  async #collect(round: Round, take: Take): Promise<void> {
    const { shards } = round;
    await this.#publish(round);
    for (let looked = Date.now(), next = 0; ; ) {
      const ended = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      next = await this.#takeResults(round, next, take);
      if (next === shards.length) return;
      this.lease.state = { ...this.lease.state, waiting: this.#missing(round) };
      if (this.#hasFailed || Date.now() - looked >= LOOK_MS) {
        this.#hasFailed = false;
        await this.#look(round);
        looked = Date.now();
      }
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref())]);
    }
  }

  /** Takes results in order from the given one on, as far as they are there. Gives the number of the one that is not. */
  async #takeResults(round: Round, first: number, take: Take): Promise<number> {
    const { step, done, shards } = round;
    const key = (shard: number) => this.#keys.result(this.id, step, shard);
    const goOn = () => {
      if (round.isOver) throw new StateError('the step was given up');
    };
    const missing = this.#missing(round);
    const there = await Promise.all(missing.map((i) => this.redis.exists(key(i))));
    for (const [k, is] of there.entries()) if (is) done.add(missing[k]!);
    goOn();
    for (let next = first; next < shards.length; next++) {
      const value = done.has(next) && (await this.#reader.read(key(next), (bytes) => this.#roomFor(bytes)));
      goOn();
      if (!value) {
        // lost since it was seen
        done.delete(next);
        return next;
      }
      take(resultOf(value), next);
    }
    return shards.length;
  }

  #roomFor(bytes: number): Uint8Array {
    if (this.#room.length < bytes) this.#room = new Uint8Array(bytes);
    return this.#room.subarray(0, bytes);
  }

  #missing({ shards, done }: Round): number[] {
    return shards.map((_, i) => i).filter((i) => !done.has(i));
  }

  /** Writes the values, then the jobs. What is already there stays as it is. */
  async #publish(round: Round): Promise<void> {
    const { step, weights, shards } = round;
    const { identity } = this.#spec;
    const missing = this.#missing(round);
    const keys = this.#keys;
    const values: [string, Buffer][] = [
      [keys.weights(this.id, step), weights],
      ...missing.map((i): [string, Buffer] => [keys.shard(this.id, step, i), shards[i]!]),
    ];
    // a spec is large: it stays as long as the session
    if (!(await this.redis.pexpire(keys.spec(this.id), EXPIRY)))
      values.unshift([keys.spec(this.id), pack(this.#spec)]);
    await Promise.all(values.map(([key, value]) => setParts(this.redis, key, [value])));
    await this.#queue.addBulk(
      missing.map((shard) => ({
        name: 'shard',
        data: { session: this.id, identity, step, shard },
        opts: {
          jobId: this.#job(step, shard),
          attempts: this.#options.attempts,
          backoff: { type: 'fixed', delay: 100 },
          removeOnComplete: true,
        },
      })),
    );
  }

  #job(step: number, shard: number): string {
    return `${this.id}-${step}-${shard}`;
  }

  /** Why a shard has failed for good. */
  async #failure({ step, shards }: Round, shard: number): Promise<Error> {
    const job = await this.#queue.getJob(this.#job(step, shard));
    const text = await this.redis.get(this.#keys.failure(this.id, step, shard));
    const cause = text === null ? undefined : unpackError(parsed(text));
    const why = cause?.message ?? job?.failedReason ?? 'its workers ended';
    if (isFull(why)) return fullError(this.redis, cause);
    const what = `shard ${shard} of ${shards.length} failed after ${job?.attemptsMade ?? 'all'} attempts; nothing was changed`;
    return new StateError(`${what}: ${why}`.slice(0, 400), { cause });
  }

  /** Looks for what no event tells: values that are lost, a full Redis, workers of another version. */
  async #look(round: Round): Promise<void> {
    this.lease.check();
    await checkMemory(this.redis);
    const { step } = round;
    const missing = this.#missing(round);
    const keys = [
      this.#keys.weights(this.id, step),
      this.#keys.spec(this.id),
      ...missing.map((i) => this.#keys.shard(this.id, step, i)),
    ];
    const there = await Promise.all(keys.map((key) => this.redis.pexpire(key, EXPIRY)));
    const states = await Promise.all(missing.map((i) => this.#queue.getJobState(this.#job(step, i))));
    const failed = missing[states.indexOf('failed')];
    if (failed !== undefined) throw await this.#failure(round, failed);
    // a job that has ended may have left its result in the meantime; a job that is there is not added twice
    if (there.includes(0) || states.includes('unknown')) await this.#publish(round);
    await checkVersions(this.redis, this.#keys, ({ session }) => session === this.id);
  }

  async #clean({ step, shards }: Round): Promise<void> {
    const keys = this.#keys;
    await this.redis.del(
      keys.weights(this.id, step),
      ...shards.flatMap((_, i) => [
        keys.shard(this.id, step, i),
        keys.result(this.id, step, i),
        keys.failure(this.id, step, i),
      ]),
    );
    const jobs = shards.map((_, i) => this.#job(step, i));
    // those that were completed have removed themselves
    const there = await Promise.all(jobs.map((id) => this.redis.exists(this.#queue.toKey(id))));
    await Promise.all(jobs.filter((_, i) => there[i]).map((id) => this.#queue.remove(id).catch(() => {})));
  }

  /** Leaves the queue to others. */
  async close(): Promise<void> {
    this.#wake();
    await this.#watchdog.settle(this.#leave());
    this.#watchdog.close();
    await Promise.all([this.#events.close(), this.#queue.close()]).catch(() => {});
    this.#blocking.disconnect();
    this.redis.disconnect();
  }

  async #leave(): Promise<void> {
    await this.#cleaning;
    await this.lease.release();
    await this.redis.del(this.#keys.spec(this.id));
  }
}

/** A step under way. */
interface Round {
  readonly step: number;
  readonly weights: Buffer;
  readonly shards: readonly Buffer[];
  /** Shards whose results are there, or were taken. */
  readonly done: Set<number>;
  isOver: boolean;
}
