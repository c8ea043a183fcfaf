import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { StateError } from '../errors.ts';
import { parsed } from './jobs.ts';
import type { Keys } from './keys.ts';

/** What a worker tells of itself. */
export interface WorkerState {
  /** Its name. */
  readonly id: string;
  /** Its process. */
  readonly pid: number;
  /** Name of its machine. */
  readonly host: string;
  /** Version of this package. */
  readonly version: string;
  /** Jobs that it computes at the same time. */
  readonly threads: number;
  /** ISO time at which it began. */
  readonly since: string;
  /** What it is computing: `step 12, shard 3`. */
  readonly computing: readonly string[];
  /** Jobs that it has finished. */
  readonly done: number;
  /** Jobs that failed here. */
  readonly failed: number;
  /** What it is, if it refused the jobs of a coordinator of another version. */
  readonly refused?: string | undefined;
  /** The identity whose jobs it refused. */
  readonly expected?: string | undefined;
  /** The session of the coordinator whose jobs it refused. */
  readonly session?: string | undefined;
}

/** Keeps the state of a worker in Redis, as long as it is refreshed. */
export class Registration {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #ms: number;
  readonly #timer: NodeJS.Timeout;
  state: WorkerState;

  constructor(redis: Redis, keys: Keys, ms: number, own: Pick<WorkerState, 'id' | 'version' | 'threads'>) {
    this.#redis = redis;
    this.#keys = keys;
    this.#ms = ms;
    const since = new Date().toISOString();
    this.state = { ...own, pid: process.pid, host: hostname(), since, computing: [], done: 0, failed: 0 };
    this.#timer = setInterval(() => void this.tell(), ms / 3);
    this.#timer.unref();
  }

  change(change: Partial<WorkerState>): void {
    this.state = { ...this.state, ...change };
  }

  /** A job begins. */
  begin(what: string): void {
    this.change({ computing: [...this.state.computing, what] });
  }

  /** A job has ended; it counts as done or as failed, or not at all. */
  end(what: string, as: 'done' | 'failed' | undefined): void {
    const { computing } = this.state;
    const at = computing.indexOf(what);
    this.change({
      computing: computing.filter((_, i) => i !== at),
      ...(as ? { [as]: this.state[as] + 1 } : {}),
    });
  }

  /** Writes the state; a full Redis or none is no reason to stop. */
  async tell(): Promise<void> {
    const { id } = this.state;
    const written = [
      this.#redis.sadd(this.#keys.workers, id),
      this.#redis.set(this.#keys.worker(id), JSON.stringify(this.state), 'PX', this.#ms),
    ];
    await Promise.allSettled(written);
  }

  /** Leaves, at once unless it refused jobs: that is to be seen for a while. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    const { id, refused } = this.state;
    if (refused) {
      await this.#redis.set(this.#keys.worker(id), JSON.stringify(this.state), 'PX', 10_000);
      return;
    }
    await this.#redis.srem(this.#keys.workers, id);
    await this.#redis.del(this.#keys.worker(id));
  }
}

/** The workers that give signs of life. */
export async function liveWorkers(redis: Redis, keys: Keys): Promise<WorkerState[]> {
  const ids = (await redis.smembers(keys.workers)).sort();
  if (!ids.length) return [];
  const texts = await redis.mget(ids.map((id) => keys.worker(id)));
  const gone = ids.filter((_, i) => texts[i] === null);
  if (gone.length) await redis.srem(keys.workers, gone);
  return texts.flatMap((text) => (text === null ? [] : [parsed<WorkerState>(text)]));
}

/** @throws {StateError} if there are workers, and all of them refused jobs of `ours` since they are of another version */
export async function checkVersions(
  redis: Redis,
  keys: Keys,
  ours: (worker: WorkerState) => boolean,
): Promise<void> {
  const workers = await liveWorkers(redis, keys);
  if (!workers.length || !workers.every((worker) => worker.refused && ours(worker))) return;
  const { refused, expected } = workers[0]!;
  const what = `all ${workers.length} workers are of another version`;
  throw new StateError(`${what}; expected ${expected}, got ${refused}; nothing was changed`);
}
