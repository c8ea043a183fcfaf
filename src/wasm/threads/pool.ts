import type { KernelCalls } from '../generated/kernelCalls.ts';
import { JOBS, type Numbers } from './jobs.ts';
import type { Mail } from './member.ts';
import { Thread } from './thread.ts';
import { ARRIVED, ENTERED, MAY_SLEEP, OPEN, SLOTS, WORD, WORDS } from './words.ts';

/** A memory whose kernels several threads can run. */
export interface Shared {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelCalls;
  /** Page 0. */
  readonly words: Int32Array;
  /** Most threads, the caller's among them. */
  readonly most: number;
  /** The pool's round in which its threads were told of it, and its slot there. */
  round: number;
  slot: number;
}

/** Times that threads which ended by themselves are started again. */
const MOST_LOSSES = 3;

/**
 * The threads of this realm, and the jobs they are given: one at a time, since the caller takes part in each. A thread
 * that is not there in time, or has not joined the memory yet, does not take part.
 */
export class ThreadPool {
  #threads: Thread[] = [];
  #control = control();
  /** Incremented when all threads are new. */
  #round = 1;
  #slots = 0;
  #job = 0;
  #wanted = 0;
  #losses = 0;
  #starting: Promise<void> = Promise.resolve();
  readonly #gone = new FinalizationRegistry<{ readonly round: number; readonly slot: number }>((of) =>
    this.#leave(of.round, of.slot),
  );
  readonly #maySleep = maySleep();

  /** Threads besides the caller's. */
  get size(): number {
    return this.#threads.length;
  }

  /** Starts threads until there are as many besides the caller's; fewer if the engine refuses. */
  grow(wanted: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, wanted);
    this.#starting = this.#starting.then(() => this.#start());
    return this.#starting;
  }

  /** Ends all threads. Calls run on the caller's from now on. */
  end(): void {
    for (const thread of this.#threads.splice(0)) thread.end();
    this.#round++;
    this.#slots = 0;
    this.#wanted = 0;
  }

  /** Threads that would run a kernel on a memory now. */
  ready(shared: Shared): number {
    if (shared.round !== this.#round) this.#adopt(shared);
    if (shared.slot < 0) return 1;
    return 1 + Math.min(shared.most - 1, Atomics.load(this.#control, WORD.joined + shared.slot));
  }

  /**
   * Runs a kernel, with as many threads as come within `patience` ms. Returns how many it were.
   * @throws {Error} if one of them failed
   */
  run(shared: Shared, kernel: number, args: Numbers, patience: number): number {
    const words = this.#control;
    const seats = this.ready(shared) - 1;
    this.#job = (this.#job + 1) & 0x7f_ffff;
    words[WORD.seats] = seats;
    words[WORD.slot] = shared.slot;
    words[WORD.kernel] = kernel;
    words[WORD.count] = args.length;
    for (let i = 0; i < args.length; i++) words[WORD.arguments + i] = args[i]!;
    words[WORD.done] = 0;
    words[WORD.failed] = 0;
    Atomics.store(shared.words, ARRIVED, 0);
    const opened = (this.#job << 8) | OPEN;
    Atomics.store(words, WORD.door, opened);
    this.#call();
    const others = this.#close(opened, seats, patience);
    Atomics.store(words, WORD.team, (this.#job << 8) | (others + 1));
    const { kernels } = shared;
    kernels.join_team(0, others + 1);
    try {
      (kernels[JOBS[kernel]!.name] as (...args: number[]) => void).apply(undefined, args as number[]);
    } catch (error) {
      // the others may wait for this one
      this.end();
      throw error;
    } finally {
      kernels.join_team(0, 1);
    }
    while (Atomics.load(words, WORD.done) < others);
    if (words[WORD.failed]) throw new Error('a thread failed');
    return others + 1;
  }

  /** Says that there is something new. */
  #call(): void {
    Atomics.add(this.#control, WORD.turn, 1);
    if (Atomics.load(this.#control, WORD.asleep)) Atomics.notify(this.#control, WORD.turn);
  }

  /** Waits until all have come, or as long as is worth it, and closes the door. Returns how many have. */
  #close(opened: number, seats: number, patience: number): number {
    const words = this.#control;
    const until = performance.now() + patience;
    let door = opened;
    while (door - opened < seats) {
      door = Atomics.load(words, WORD.door);
      if (performance.now() > until) break;
    }
    for (;;) {
      const before = Atomics.compareExchange(words, WORD.door, door, door & ~OPEN);
      if (before === door) return door & ENTERED;
      door = before;
    }
  }

  #adopt(shared: Shared): void {
    if (this.#threads.length === 0) return;
    if (this.#slots === SLOTS) {
      this.#renew();
      return;
    }
    shared.round = this.#round;
    shared.slot = this.#slots++;
    shared.words[MAY_SLEEP] = this.#maySleep ? 1 : 0;
    const { module, memory, slot, round } = shared;
    this.#gone.register(shared.kernels, { round, slot });
    this.#send({ slot, module, memory });
  }

  #leave(round: number, slot: number): void {
    if (round === this.#round) this.#send({ left: slot });
  }

  #send(mail: Mail): void {
    // first: a thread that reads faster would wait for what it has read
    Atomics.add(this.#control, WORD.mail, 1);
    for (const thread of this.#threads) thread.post(mail);
    this.#call();
  }

  /** Starts all threads anew. */
  #renew(): void {
    const wanted = this.#wanted;
    this.end();
    void this.grow(wanted);
  }

  async #start(): Promise<void> {
    const round = this.#round;
    if (this.#threads.length === 0) this.#control = control();
    const missing = Array.from({ length: this.#wanted - this.#threads.length }, () =>
      Thread.start(() => this.#lose(round)),
    );
    for (const thread of await Promise.all(missing)) {
      if (round !== this.#round) thread?.end();
      else if (thread) this.#threads.push(thread);
      thread?.post({ control: this.#control, read: Atomics.load(this.#control, WORD.mail) });
    }
  }

  #lose(round: number): void {
    if (round !== this.#round) return;
    if (++this.#losses > MOST_LOSSES) this.end();
    else this.#renew();
  }
}

function control(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * WORDS));
}

/** Whether this thread may sleep: the main thread of a page may not. */
function maySleep(): boolean {
  try {
    Atomics.wait(control(), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}
