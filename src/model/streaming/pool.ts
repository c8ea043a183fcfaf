import { instance, integer, options, unreadable } from '../../check.ts';
import { ArgumentError, StateError, Verbatim } from '../../errors.ts';
import type { Generator } from '../../init/generator.ts';
import { Summarized } from '../../summary.ts';
import { ModelBase } from '../core/modelBase.ts';
import { Runner } from '../core/runner.ts';
import { copyRow, swapRows } from './moveRows.ts';
import { readRunner, type StreamState, writeRunner } from './state.ts';

/** Options of `Sequential.streams`. */
export interface StreamPoolOptions {
  /** Maximum number of open sessions. */
  readonly capacity: number;
}

/**
 * A pool of streams (sessions), any number of which can step together as one batch. Results have the same bits as
 * those of separate streams. A step does not allocate once as many sessions have stepped together before.
 */
export class StreamPool extends Summarized {
  /** Maximum number of open sessions. */
  readonly capacity: number;
  readonly #runner: Runner;
  /** The session at each row of the states. Those that step are brought to the first rows, if they are not there. */
  readonly #at: (StreamSession | undefined)[];
  readonly #chosen: StreamSession[] = [];
  #open = 0;
  /** Number of the step at hand. */
  #turn = 0;
  #stepped = 0;

  /** @throws as `Sequential.stream`; {ArgumentError} a capacity below 1 */
  constructor(model: ModelBase, opts: StreamPoolOptions, own?: object) {
    super();
    instance('model', model, ModelBase, 'a model such as a Sequential');
    this.capacity = integer('capacity', options('streams', opts, { capacity: true }).capacity, 1);
    this.#runner = new Runner(model.network, this.capacity, 1, 'pool', own);
    this.#at = new Array<StreamSession | undefined>(this.capacity).fill(undefined);
  }

  /** Number of open sessions. */
  get size(): number {
    return this.#open;
  }

  /** Opens a session with the states that streams start from: zeros, unless the model has others. @throws {StateError} if `capacity` sessions are open */
  open(): StreamSession {
    this.#runner.network.free('open');
    const session = this.#place();
    this.#runner.clear(session.row, session.row + 1);
    return session;
  }

  /**
   * Runs one step of k sessions as a batch: one index, or inputSize features, per session. Returns their outputs [k,
   * outputSize] in the order of the sessions, as a view of the model's memory that is valid until the next call on
   * the model.
   *
   * @throws {ArgumentError} if there are no sessions, one is of another pool or repeated, an index is outside the
   * vocabulary, or the number of values does not match
   * @throws {StateError} if a session is closed
   */
  step(sessions: readonly StreamSession[], input: number | ArrayLike<number>): Float32Array {
    const { network } = this.#runner;
    network.enter('pool');
    let count: number;
    try {
      count = this.#choose(sessions);
    } catch (error) {
      throw unreadable('sessions', sessions, error);
    } finally {
      network.leave();
    }
    for (let i = 0; i < count; i++) this.#bring(this.#chosen[i]!, i);
    const outputs = this.#runner.run(1, count, input);
    this.#stepped = count;
    return outputs;
  }

  /** Same as {@link Stream.sample}, for output row `row` of the last step. */
  sample(generator: Generator, temperature = 1, row = 0): number {
    this.#checkRow(row);
    return this.#runner.sample(generator, temperature, row);
  }

  /** Same as {@link Stream.probabilities}, for output row `row` of the last step. */
  probabilities(row = 0): Float32Array {
    this.#checkRow(row);
    return this.#runner.probabilities(row);
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): object {
    return { type: 'StreamPool', capacity: this.capacity, size: this.size };
  }

  /** Releases the pool's memory for the model's next pool. Later calls throw, also those of its sessions. */
  dispose(): void {
    this.#runner.dispose();
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Checks the sessions of a step, in a list of the pool's own; gives how many there are. */
  #choose(sessions: readonly StreamSession[]): number {
    const count = Array.isArray(sessions) ? sessions.length : 0;
    if (!(count >= 1 && count <= this.capacity)) {
      throw new ArgumentError('sessions', `a list of 1 to ${this.capacity} sessions`, sessions);
    }
    const turn = ++this.#turn;
    for (let i = 0; i < count; i++) {
      const session: StreamSession = sessions[i]!;
      if (!(session instanceof StreamSession) || session.pool !== this) {
        throw new ArgumentError(`sessions[${i}]`, 'a session of this pool', session);
      }
      if (session.row < 0) throw closed();
      if (session.turn === turn) {
        throw new ArgumentError(`sessions[${i}]`, 'each session once', new Verbatim('one that came before'));
      }
      session.turn = turn;
      this.#chosen[i] = session;
    }
    return count;
  }

  /** @internal */
  reset(session: StreamSession): void {
    const row = rowOf(session);
    this.#runner.clear(row, row + 1);
  }

  /** @internal */
  snapshot(session: StreamSession): StreamState {
    return { ...readRunner(this.#runner, rowOf(session), 1), outputs: [null] };
  }

  /** @internal */
  restore(session: StreamSession, state: StreamState): void {
    writeRunner(this.#runner, state, rowOf(session), 1, false);
  }

  /** @internal */
  fork(session: StreamSession): StreamSession {
    rowOf(session);
    this.#runner.network.free('fork');
    const fork = this.#place();
    copyRow(this.#runner, session.row, fork.row);
    return fork;
  }

  /** @internal */
  close(session: StreamSession): void {
    if (session.row < 0) return;
    this.#runner.network.free('close');
    this.#at[session.row] = undefined;
    session.row = -1;
    this.#open--;
  }

  #place(): StreamSession {
    // a pool or a model that was disposed is refused before a session is counted
    this.#runner.live;
    this.#runner.network.arena.kernels;
    const row = this.#at.indexOf(undefined);
    if (row < 0) {
      throw new StateError(
        `${this.capacity} session${this.capacity === 1 ? ' is' : 's are'} open, the capacity of this pool: close one`,
      );
    }
    const session = new StreamSession(this, row);
    this.#at[row] = session;
    this.#open++;
    return session;
  }

  /** Moves a session to a row; the one that is there takes its place. */
  #bring(session: StreamSession, to: number): void {
    const from = session.row;
    if (from === to) return;
    const other = this.#at[to];
    if (other) swapRows(this.#runner, from, to);
    else copyRow(this.#runner, from, to);
    if (other) other.row = from;
    this.#at[from] = other;
    this.#at[to] = session;
    session.row = to;
  }

  #checkRow(row: number): void {
    if (integer('row', row, 0) >= this.#stepped && this.#stepped > 0) {
      throw new ArgumentError('row', `a row below ${this.#stepped}, the sessions of the last step`, row);
    }
  }
}

/** A session: one stream of a pool. */
export class StreamSession extends Summarized {
  /** @internal */
  readonly pool: StreamPool;
  /** @internal Of the pool's states; −1 once it is closed. */
  row: number;
  /** @internal Number of the step it was last in. */
  turn = 0;

  /** @internal */
  constructor(pool: StreamPool, row: number) {
    super();
    this.pool = pool;
    this.row = row;
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): object {
    return { type: 'StreamSession', open: this.row >= 0 };
  }

  /** Sets the states to those of a new session. */
  reset(): void {
    this.pool.reset(this);
  }

  /** Returns the states as plain data, compatible with a stream of one row; without outputs. */
  snapshot(): StreamState {
    return this.pool.snapshot(this);
  }

  /**
   * Restores a snapshot of one row.
   * @throws {ArgumentError} if names or number of rows do not match
   * @throws {ShapeError} if the shape of a state does not match
   */
  restore(state: StreamState): void {
    this.pool.restore(this, state);
  }

  /** Opens a session with a copy of the states. @throws {StateError} if the pool is full */
  fork(): StreamSession {
    return this.pool.fork(this);
  }

  /** Closes the session. Later calls throw. */
  close(): void {
    this.pool.close(this);
  }

  /** Same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function rowOf({ row }: StreamSession): number {
  if (row < 0) throw closed();
  return row;
}

function closed(): StateError {
  return new StateError('the session was closed');
}
