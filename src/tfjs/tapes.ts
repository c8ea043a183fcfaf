import type { Engine } from './tf.ts';

/** What is freed when the tape that was active when it was made is no longer the active one. */
export class Tapes {
  readonly #engine: () => Engine;
  #held: { readonly tape: unknown; readonly release: () => void }[] = [];

  constructor(engine: () => Engine) {
    this.#engine = engine;
  }

  /** Calls `release` once the active tape has ended and `collect` is called. */
  hold(release: () => void): void {
    this.#held.push({ tape: this.#engine().state.activeTape, release });
  }

  /** Frees what belongs to tapes that have ended. */
  collect(): void {
    const active = this.#engine().state.activeTape;
    if (this.#held.length === 0 || this.#held.every(({ tape }) => tape === active)) return;
    const ended = this.#held.filter(({ tape }) => tape !== active);
    this.#held = this.#held.filter(({ tape }) => tape === active);
    for (const { release } of ended) release();
  }
}
