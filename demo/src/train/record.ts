import { drop, kept, reasonOf, rename } from '../store.ts';

/** Longest to wait for the lock of a run: after a reload, the former page may hold it for a moment. */
const LOCK_MS = 3000;

/** A run of another tab. */
export class Elsewhere extends Error {
  override readonly name = 'Elsewhere';
  override readonly message = 'another tab of this page keeps its run';
}

/**
 * Where a run is kept from one visit to the next: one record for all tabs of the page, of which the one that holds a
 * Web Lock reads and writes it.
 */
export class RunRecord {
  readonly #name: string;
  #release: (() => void) | undefined;
  #claiming: Promise<void> | undefined;
  /** One after the other: a record that was dropped does not come back. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(name: string) {
    this.#name = name;
  }

  /** Whether this tab holds the lock. */
  get mine(): boolean {
    return this.#release !== undefined;
  }

  /** Takes the lock. @throws {Elsewhere} where another tab has it */
  claim(): Promise<void> {
    if (this.mine) return Promise.resolve();
    this.#claiming ??= this.#lock().finally(() => {
      this.#claiming = undefined;
    });
    return this.#claiming;
  }

  /** Lets another tab have it. */
  release(): void {
    this.#release?.();
    this.#release = undefined;
  }

  read(): Promise<unknown> {
    return this.#then(() => kept(this.#name));
  }

  /** `write` gets the name to keep it under. */
  write(write: (name: string) => Promise<unknown>): Promise<unknown> {
    return this.#then(() => write(this.#name));
  }

  drop(): Promise<unknown> {
    return this.#then(() => drop(this.#name));
  }

  /** Moves what is kept out of the way; gives its new name, or nothing where nothing is kept. */
  putAside(): Promise<string | undefined> {
    const aside = `${this.#name}, put aside ${new Date().toISOString()}`;
    return this.#then(async () => ((await rename(this.#name, aside)) ? aside : undefined));
  }

  #then<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }

  #lock(): Promise<void> {
    const { locks } = navigator;
    return new Promise((resolve, reject) => {
      const hold = () =>
        new Promise<void>((release) => {
          this.#release = release;
          resolve();
        });
      // a page that is not served securely has no locks
      if (!locks) void hold();
      else {
        const signal = AbortSignal.timeout(LOCK_MS);
        locks
          .request(`unrolled-demo ${this.#name}`, { signal }, hold)
          .catch((error) => reject(signal.aborted ? new Elsewhere() : new Error(reasonOf(error))));
      }
    });
  }
}
