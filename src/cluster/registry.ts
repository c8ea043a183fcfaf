import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import type { Keys } from './keys.ts';

/** What a worker tells of itself. */
export interface WorkerState {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  readonly version: string;
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
      await this.#redis.set(this.#keys.worker(id), JSON.stringify(this.state), 'PX', 60_000);
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
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as WorkerState]));
}
