import { CliError, printable } from '../failure.ts';
import { plural } from '../show.ts';
import type { SaveFile } from './saveFile.ts';
import type { Session } from './session.ts';

/** Milliseconds from one copy in memory to the next, at least. */
const PACE_MS = 1000;
/** Copies take at most a fiftieth of the time. */
const SHARE = 50;

/** A state of a run as it is saved. */
interface Saved {
  readonly step: number;
  readonly bytes: Uint8Array;
}

export interface SaverOptions {
  readonly last: SaveFile;
  /** Of the lowest validation loss. */
  readonly best: SaveFile | undefined;
  /** Seconds from one save to the next, at most. */
  readonly every: number;
  /** Updates the run is to make. */
  readonly steps: number;
  readonly warn: (line: string) => void;
}

/**
 * Saves a run every so many seconds. A state is saved only where the loss it gives is finite; between saves a copy is kept
 * in memory, for a run that diverges.
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

  /** After each update: copies or saves when it is time. A save that fails is told once; the next one is tried again. */
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

  /** Takes the state at hand for the best so far. */
  offerBest(): void {
    this.#best = this.#session.save(this.#options.steps);
  }

  /** Saves the state at hand. @throws {CliError} when it can't be written */
  finish(): void {
    this.#copy();
    this.#write();
  }

  /** After a failure: saves the last good state, and tells what is saved. */
  rescue(): string {
    try {
      if (this.#session.isFinite()) this.#copy();
      if (this.#good?.step !== this.#written) this.#write();
    } catch {
      // what failed first is told
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
