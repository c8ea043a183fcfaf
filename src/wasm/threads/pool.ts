import type { KernelCalls } from '../generated/kernelCalls.ts';
import type { Grown } from './grown.ts';
import { JOBS, type Numbers } from './jobs.ts';
import { Kept } from './kept.ts';
import type { Mail } from './member.ts';
import { Thread } from './thread.ts';
import {
  ARRIVED,
  ENDED,
  ENDED_WORDS,
  ENTERED,
  FINISHED,
  MAY_SLEEP,
  OPEN,
  OVER,
  SLOTS,
  TAKEN,
  WORD,
  WORDS,
} from './words.ts';

/** A memory whose kernels several threads can run. */
export interface Shared extends Grown {
  readonly module: WebAssembly.Module;
  readonly kernels: KernelCalls;
  /** Most threads, the caller's among them. */
  readonly most: number;
  /** The pool's round in which its threads were told of it, and its slot there. */
  round: number;
  slot: number;
}

/** Times within a minute that threads which ended by themselves are started again. */
const MOST_LOSSES = 3;
const LOSSES_MS = 60_000;

/**
 * Only Node tells that a thread has ended. Elsewhere it is given up when none has got any further for so many ms of waiting, and what
 * the whole kernel would take at as many operations per ms, a hundredth of what they do.
 */
const LONGEST_WAIT_MS = 60_000;
const SLOWEST = 2e5;
/** Between two looks whether one has ended, in ms; what counts as waiting at most, since the whole process may have been stopped. */
const LOOK_MS = 1;
const LONGEST_LOOK_MS = 100;
/** How long those given up have to stop where nothing tells that they have, in ms. Chromium ends a script that goes on after 2000. */
const LONGEST_END_MS = 3000;

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
  /** Of the job: ms left to wait, and its most; when that was last reduced; how far the others had got. */
  #left = 0;
  #longest = 0;
  #looked = 0;
  #progress = 0;
  #wanted = 0;
  #losses = 0;
  #firstLoss = 0;
  #starting: Promise<void> = Promise.resolve();
  readonly #gone = new FinalizationRegistry<{ readonly round: number; readonly slot: number }>((of) =>
    this.#leave(of.round, of.slot),
  );
  readonly #maySleep = maySleep();
  readonly #kept = new Kept();
  readonly #lost: (kernel: string) => Error;

  /** @param lost the error of a kernel that a thread's end has left half done, and that can't be run again */
  constructor(lost: (kernel: string) => Error) {
    this.#lost = lost;
  }

  /** Threads besides the caller's. */
  get size(): number {
    return this.#threads.length;
  }

  /**
   * Starts threads until there are as many besides the caller's; fewer if the engine refuses. Also those that
   * have ended too often to be started again without being asked for.
   */
  grow(wanted: number): Promise<void> {
    this.#losses = 0;
    return this.#startUpTo(wanted);
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
   * Runs a kernel, with as many threads as come within `patience` ms. Returns how many it were. If one of them ends in the
   * middle, all are started anew, and the kernel is run again on the caller's.
   * @throws {Error} if it can't be run again
   */
  run(shared: Shared, kernel: number, args: Numbers, of: Numbers, at: number, patience: number): number {
    const words = this.#control;
    const job = JOBS[kernel]!;
    const seats = this.ready(shared) - 1;
    const repeatable = this.#kept.keep(shared, job, of, at);
    this.#longest = LONGEST_WAIT_MS + job.work(of, at) / SLOWEST;
    this.#left = this.#longest;
    for (const thread of this.#threads) thread.look();
    this.#job = (this.#job + 1) & 0x7f_ffff;
    words[WORD.seats] = seats;
    words[WORD.slot] = shared.slot;
    words[WORD.kernel] = kernel;
    words[WORD.count] = args.length;
    for (let i = 0; i < args.length; i++) words[WORD.arguments + i] = args[i]!;
    words[WORD.done] = 0;
    Atomics.store(shared.words, ARRIVED, 0);
    shared.words[TAKEN] = 0;
    shared.words[FINISHED] = 0;
    shared.words.fill(0, ENDED, ENDED + ENDED_WORDS);
    const opened = (this.#job << 8) | OPEN;
    Atomics.store(words, WORD.door, opened);
    this.#call();
    const others = this.#close(opened, seats, patience);
    Atomics.store(words, WORD.team, (this.#job << 8) | (others + 1));
    const { kernels } = shared;
    const run = kernels[job.name] as (...args: number[]) => void;
    kernels.join_team(0, others + 1);
    let passed = true;
    try {
      run.apply(undefined, args as number[]);
    } catch {
      passed = false;
    } finally {
      kernels.join_team(0, 1);
    }
    if (passed && this.#finished(others, () => this.lost(shared.words))) return others + 1;
    this.#giveUp(shared, others);
    // it ends with a barrier, so that nothing is missing if this thread got past it
    if (passed) return others + 1;
    if (!repeatable) throw this.#lost(job.name);
    this.#kept.restore(shared);
    run.apply(undefined, args as number[]);
    return 1;
  }

  /** Whether a thread of the job has ended, asked again and again while the caller waits at a barrier of this memory. */
  lost(words: Int32Array): boolean {
    const now = performance.now();
    const passed = now - this.#looked;
    if (passed < LOOK_MS) return false;
    this.#looked = now;
    const progress = Atomics.load(words, ARRIVED) + Atomics.load(this.#control, WORD.done);
    if (progress !== this.#progress) this.#left = this.#longest;
    this.#progress = progress;
    this.#left -= Math.min(passed, LONGEST_LOOK_MS);
    if (this.#left < 0) return true;
    const entered = (thread: number) => Atomics.load(this.#control, WORD.entered + thread) === this.#job;
    return this.#threads.some((thread, i) => thread.isGone && entered(i));
  }

  /** Waits until all others have finished the job. Returns whether they have when it is over. */
  #finished(others: number, over: () => boolean): boolean {
    for (;;) {
      for (let i = 0; i < 256; i++) if (Atomics.load(this.#control, WORD.done) >= others) return true;
      if (over()) return false;
    }
  }

  /** Ends all threads, and waits until they write no more. */
  #giveUp(shared: Shared, others: number): void {
    Atomics.store(shared.words, ARRIVED, OVER);
    const threads = [...this.#threads];
    const told = threads.every((thread) => thread.tells);
    const until = performance.now() + LONGEST_END_MS;
    this.#lose(this.#round);
    this.#finished(
      others,
      () => threads.every((thread) => thread.isGone) || (!told && performance.now() > until),
    );
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
    this.#gone.unregister(shared);
    this.#gone.register(shared.kernels, { round, slot }, shared);
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
    void this.#startUpTo(wanted);
  }

  #startUpTo(wanted: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, wanted);
    this.#starting = this.#starting.then(() => this.#start());
    return this.#starting;
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
      const read = Atomics.load(this.#control, WORD.mail);
      thread?.post({ control: this.#control, read, id: this.#threads.length - 1 });
    }
  }

  #lose(round: number): void {
    if (round !== this.#round) return;
    const now = performance.now();
    if (now - this.#firstLoss > LOSSES_MS) {
      this.#losses = 0;
      this.#firstLoss = now;
    }
    if (++this.#losses <= MOST_LOSSES) {
      this.#renew();
      return;
    }
    this.end();
    console.warn('unrolled: one thread: the others have ended several times');
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
