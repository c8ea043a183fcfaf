import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { StateError } from '../errors.ts';
import { parsed } from './jobs.ts';
import type { Keys } from './keys.ts';

/** What the coordinator of a queue tells of itself. */
export interface CoordinatorState {
  /** Id of what it does from its first step on. */
  readonly session: string;
  /** Its process. */
  readonly pid: number;
  /** Name of its machine. */
  readonly host: string;
  /** ISO time at which it began. */
  readonly since: string;
  /** Updates made. */
  readonly step: number;
  /** Shards per step. */
  readonly shards: number;
  /** Shards of the current step whose results are not there yet. */
  readonly waiting: readonly number[];
  /** What workers must have: version, kernels and model. */
  readonly identity: string;
}

/** A queue has one coordinator at a time: the one whose state is in Redis. It is gone when it is not refreshed. */
export class Lease {
  state: CoordinatorState;
  readonly #redis: Redis;
  readonly #key: string;
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  #other: CoordinatorState | undefined;

  constructor(redis: Redis, keys: Keys, ms: number, state: Omit<CoordinatorState, 'pid' | 'host' | 'since'>) {
    this.#redis = redis;
    this.#key = keys.coordinator;
    this.#ms = ms;
    this.state = { ...state, pid: process.pid, host: hostname(), since: new Date().toISOString() };
  }

  /** @throws {StateError} if another coordinator is still there after its state should have gone */
  async take(): Promise<void> {
    const until = Date.now() + 2 * this.#ms;
    while (!(await this.#redis.set(this.#key, JSON.stringify(this.state), 'PX', this.#ms, 'NX'))) {
      const other = await this.#read();
      if (Date.now() > until && other) throw taken(other);
      await new Promise((resolve) => setTimeout(resolve, Math.min(100, this.#ms / 4)));
    }
    this.#timer = setInterval(() => void this.refresh().catch(() => {}), this.#ms / 3);
    this.#timer.unref();
  }

  async refresh(): Promise<void> {
    const other = await this.#read();
    if (other && other.session !== this.state.session) this.#other = other;
    else await this.#redis.set(this.#key, JSON.stringify(this.state), 'PX', this.#ms);
  }

  /** @throws {StateError} if another coordinator has the queue since this one could not refresh its state */
  check(): void {
    if (this.#other) throw taken(this.#other);
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    const other = await this.#read();
    if (other?.session === this.state.session) await this.#redis.del(this.#key);
  }

  async #read(): Promise<CoordinatorState | undefined> {
    const text = await this.#redis.get(this.#key);
    return text === null ? undefined : parsed(text);
  }
}

function taken({ pid, host, step }: CoordinatorState): StateError {
  return new StateError(
    `the queue has another coordinator (process ${pid} on ${host}, step ${step}): end it, or use another queue`,
  );
}
