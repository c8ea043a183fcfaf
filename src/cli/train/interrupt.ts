/** Signals that stop a run gracefully. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C may arrive twice, from the terminal and from npm: signals closer than this, in ms, count as one. */
const SAME_MS = 200;

/**
 * Listens for Ctrl-C (SIGINT), SIGTERM and a closed terminal (SIGHUP). The first signal asks the run to stop; another
 * SIGINT or SIGTERM ends the process immediately.
 */
export class Interrupt {
  #since: number | undefined;
  readonly #listener: (signal: NodeJS.Signals) => void;

  /** `last` runs before the process is ended. */
  constructor(last: () => void) {
    this.#listener = (signal) => {
      const now = performance.now();
      this.#since ??= now;
      // shells and terminals send SIGHUP more than once
      if (signal === 'SIGHUP' || now - this.#since <= SAME_MS) return;
      last();
      process.exit(130);
    };
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Whether the run should stop. */
  get asked(): boolean {
    return this.#since !== undefined;
  }

  /** Stops listening, unless a signal was received: repeated signals must still be handled here. */
  [Symbol.dispose](): void {
    if (this.asked) return;
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}
