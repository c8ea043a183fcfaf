import type { Redis } from 'ioredis';
import { StateError } from '../errors.ts';
import { addressOf } from './connection.ts';

/** ms between two questions to Redis. */
const ASK_MS = 500;

/** ms without an answer after which nothing is tidied up; less if that is the patience. */
const QUIET_MS = 2000;

/**
 * Asks Redis for signs of life, also where a connection is open but nothing answers; on a connection of its own, where no large
 * value is in the way. It is made when the first work takes longer.
 */
export class Watchdog {
  readonly #redis: Redis;
  readonly #own: Redis;
  readonly #patience: number;
  readonly #timer: NodeJS.Timeout;
  #isAsking = false;
  /** ms without an answer, counted by the timer: a busy process is no reason. */
  #quiet = 0;
  /** Work that is waited for. */
  readonly #waiting = new Set<() => void>();

  /** @param patience ms without an answer after which Redis is lost */
  constructor(redis: Redis, patience: number) {
    this.#redis = redis;
    this.#patience = patience;
    // another one is tried where the connection itself is dead
    this.#own = redis.duplicate({ socketTimeout: Math.max(patience, QUIET_MS), commandTimeout: undefined });
    this.#own.on('error', () => {});
    this.#timer = setInterval(() => this.#ask(), ASK_MS);
  }

  #ask(): void {
    if (this.#isAsking) this.#quiet += ASK_MS;
    else {
      this.#isAsking = true;
      const answered = () => {
        this.#isAsking = false;
        this.#quiet = 0;
      };
      // an error is an answer, too
      this.#own.ping().then(answered, answered);
    }
    for (const look of this.#waiting) look();
  }

  /** Waits for work with Redis. @throws {StateError} if there is no answer for `patience` ms */
  guard<T>(work: Promise<T>): Promise<T> {
    return this.#unless(work, (reject) => {
      if (this.#quiet < this.#patience) return;
      const where = addressOf(this.#redis);
      reject(new StateError(`no answer of Redis at ${where} for ${this.#patience / 1000} s; try again`));
    });
  }

  /** Waits for the end of work with Redis, but not where there is no connection or no answer. */
  async settle(work: Promise<unknown>): Promise<void> {
    await this.#unless(work, (reject) => {
      if (this.#redis.status !== 'ready' || this.#quiet >= Math.min(this.#patience, QUIET_MS))
        reject(undefined);
    }).catch(() => {});
  }

  async #unless<T>(work: Promise<T>, look: (reject: (error: unknown) => void) => void): Promise<T> {
    let own: () => void = () => {};
    const lost = new Promise<never>((_, reject) => {
      own = () => look(reject);
    });
    this.#waiting.add(own);
    try {
      return await Promise.race([work, lost]);
    } finally {
      this.#waiting.delete(own);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#own.disconnect();
  }
}
