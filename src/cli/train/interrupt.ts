/** Signals that end a run in good order. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C may come twice, from the terminal and from npm; what follows sooner is the same one. */
const SAME_MS = 200;

/**
 * Listens for Ctrl-C (SIGINT), SIGTERM and a terminal that closes (SIGHUP): the first asks the run to stop, another Ctrl-C or
 * SIGTERM ends the process at once.
 */
export class Interrupt {
  #since: number | undefined;
  readonly #listener: (signal: NodeJS.Signals) => void;

  /** `last` runs before the process ends. */
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

  /** Stops listening, unless a signal came: then what follows it must not end the process in another way. */
  [Symbol.dispose](): void {
    if (this.asked) return;
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}
