import { CliError, printable } from '../failure.ts';
import { plural } from '../show.ts';
import type { SaveFile } from './saveFile.ts';
import type { Session } from './session.ts';

/** Minimum time between copies in memory, in ms. */
const PACE_MS = 1000;
/** Copies may use at most 1/50 of the time. */
const SHARE = 50;

/** A saved state of a run. */
interface Saved {
  readonly step: number;
  readonly bytes: Uint8Array;
}

export interface SaverOptions {
  readonly last: SaveFile;
  /** File of the lowest validation loss. */
  readonly best: SaveFile | undefined;
  /** Maximum time between saves, in seconds. */
  readonly every: number;
  /** Total number of updates. */
  readonly steps: number;
  readonly warn: (line: string) => void;
}

/**
 * Saves a run periodically. A state is saved only if its loss is finite. Between saves a copy is kept in memory, in
 * case the run diverges.
 */
export class Saver {
  readonly #session: Session;
  readonly #options: SaverOptions;
  /** The last state whose loss was finite. */
  #good: Saved | undefined;
  /** Waits for the next save. */
  #best: Uint8Array | undefined;
  /** Step of the last save. */
  #written: number | undefined;
  #copied = performance.now();
  #saved = performance.now();
  #pace = PACE_MS;
  #warned: string | undefined;

  constructor(session: Session, options: SaverOptions) {
    this.#session = session;
    this.#options = options;
  }

  /**
   * Call after each update: copies or saves if it is due. A failed save is reported once and retried at the next one.
   */
  tick(): void {
    const now = performance.now();
    const isDue = now - this.#saved >= 1000 * this.#options.every;
    if (!isDue && now - this.#copied < this.#pace) return;
    this.#copy();
    if (!isDue) return;
    try {
      this.#write();
      this.#warned = undefined;
    } catch (error) {
      const { message } = error as CliError;
      if (!(error instanceof CliError)) throw error;
      if (message !== this.#warned) this.#options.warn(`${message}; training goes on, ${this.#kept()}`);
      this.#warned = message;
    }
    this.#saved = performance.now();
  }

  /** Saves the current state as the best so far. */
  offerBest(): void {
    this.#best = this.#session.save(this.#options.steps);
  }

  /** Saves the current state. @throws {CliError} if it can't be written */
  finish(): void {
    this.#copy();
    this.#write();
  }

  /** Call after a failure: saves the last good state and reports what was saved. */
  rescue(): string {
    try {
      if (this.#session.isFinite()) this.#copy();
      if (this.#good?.step !== this.#written) this.#write();
    } catch {
      // the first failure is the one reported
    }
    return this.#kept();
  }

  #copy(): void {
    const began = performance.now();
    const session = this.#session;
    if (!session.isFinite()) session.diverged();
    this.#good = { step: session.step, bytes: session.save(this.#options.steps) };
    this.#copied = performance.now();
    this.#pace = Math.max(PACE_MS, SHARE * (this.#copied - began));
  }

  #write(): void {
    const { last, best } = this.#options;
    if (this.#best && best) best.write(this.#best);
    this.#best = undefined;
    if (!this.#good) return;
    last.write(this.#good.bytes);
    this.#written = this.#good.step;
  }

  #kept(): string {
    const { last } = this.#options;
    return this.#written === undefined
      ? 'nothing of this run is saved'
      : `${printable(last.path)} holds ${plural(this.#written, 'step')}`;
  }
}
