import { turn } from './turns.ts';

/** Maximum time between reading messages, in ms; at least one step is made in between. */
const TURN_MS = 5;

/** Lets other tasks run between two steps, in which it can be paused and stopped. */
export class Pacer {
  stopped = false;
  #paused: boolean;
  #wake: (() => void) | undefined;
  /** ms. */
  #pauses = 0;
  readonly #start = performance.now();
  #turned = this.#start;
  #halt!: () => void;
  readonly #halted = new Promise<undefined>((resolve) => {
    this.#halt = () => resolve(undefined);
  });

  constructor(paused = false) {
    this.#paused = paused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  /** Stops after the current step. */
  stop(): void {
    this.stopped = true;
    this.#halt();
    this.resume();
  }

  /** Seconds since it was made, without pauses. */
  get seconds(): number {
    return (performance.now() - this.#start - this.#pauses) / 1000;
  }

  /** What `next` gives, once it is there; undefined: stop. */
  async between<T>(next: () => T | Promise<T>): Promise<T | undefined> {
    if (performance.now() - this.#turned > TURN_MS || this.#paused) {
      await turn();
      await this.#whilePaused();
    }
    if (this.stopped) return undefined;
    let given: T | Promise<T> | undefined = next();
    if (given instanceof Promise) {
      given = await Promise.race([given, this.#halted]);
      await this.#whilePaused();
    }
    return this.stopped ? undefined : given;
  }

  async #whilePaused(): Promise<void> {
    const since = performance.now();
    while (this.#paused) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#turned = performance.now();
    this.#pauses += this.#turned - since;
  }
}
