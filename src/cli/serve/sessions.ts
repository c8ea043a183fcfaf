import { randomUUID } from 'node:crypto';
import { Generator, type StreamPool, type StreamSession } from '../../index.ts';
import { HttpError } from './httpError.ts';

/** A client's stream. */
export interface Session {
  readonly id: string;
  readonly stream: StreamSession;
  /** What characters are drawn with. */
  generator: Generator;
  /** Seed of the generator. */
  readonly seed: number;
  /** The last index of a text, which the model reads when it goes on. */
  pending: number | undefined;
  /** Of the last step, if it is what a text goes on from: nothing is pending. */
  output: Float32Array<ArrayBuffer> | undefined;
  /** Steps since it was opened or reset, that of `pending` included. */
  steps: number;
  /** Whether a request works on it. */
  isBusy: boolean;
  /** When it was last used, in ms of the monotonic clock. */
  used: number;
}

/** The sessions of a server by id. */
export class Sessions {
  readonly #pool: StreamPool;
  readonly #byId = new Map<string, Session>();
  readonly #idle: number;

  /** @param idle ms after which an unused session ends */
  constructor(pool: StreamPool, idle: number) {
    this.#pool = pool;
    this.#idle = idle;
  }

  get size(): number {
    return this.#byId.size;
  }

  get capacity(): number {
    return this.#pool.capacity;
  }

  /** @throws {HttpError} 429 if all sessions are taken */
  open(seed: number): Session {
    if (this.size === this.capacity) this.sweep();
    if (this.size === this.capacity)
      throw new HttpError(429, `all ${this.capacity} sessions are in use; try again later`, {
        'retry-after': '10',
      });
    const session = {
      ...{ id: randomUUID(), stream: this.#pool.open(), generator: new Generator(seed), seed },
      ...{ pending: undefined, output: undefined, steps: 0, isBusy: false, used: performance.now() },
    };
    this.#byId.set(session.id, session);
    return session;
  }

  /** For a request to a session, which is used from now on. @throws {HttpError} 404 */
  get(id: string): Session {
    const session = this.#byId.get(id);
    if (!session) throw new HttpError(404, 'no such session: it was closed, has ended unused, or never was');
    session.used = performance.now();
    return session;
  }

  /** Runs work of one request on a session. @throws {HttpError} 404; 409 if another request works on it */
  async use<T>(id: string, work: (session: Session) => Promise<T> | T): Promise<T> {
    const session = this.get(id);
    if (session.isBusy) throw new HttpError(409, 'another request works on this session');
    session.isBusy = true;
    try {
      return await work(session);
    } finally {
      session.isBusy = false;
      session.used = performance.now();
    }
  }

  /** As just opened. */
  reset(session: Session): void {
    session.stream.reset();
    session.generator = new Generator(session.seed);
    session.pending = undefined;
    session.output = undefined;
    session.steps = 0;
  }

  close(session: Session): void {
    session.stream.close();
    this.#byId.delete(session.id);
  }

  /** Ends the sessions that were not used for long. */
  sweep(): void {
    const now = performance.now();
    for (const session of this.#byId.values()) {
      if (!session.isBusy && now - session.used >= this.#idle) this.close(session);
    }
  }
}
