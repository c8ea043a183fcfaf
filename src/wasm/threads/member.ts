import type { KernelCalls } from '../generated/kernelCalls.ts';
import { NAMES } from './names.ts';
import { ARRIVED, ENTERED, OPEN, OVER, WORD } from './words.ts';

/** What a pool sends to its threads. */
export type Mail =
  | { readonly control: Int32Array; readonly read: number; readonly id: number }
  | { readonly slot: number; readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory }
  | { readonly left: number };

interface Model {
  readonly kernels: KernelCalls;
  readonly words: Int32Array;
}

/** How long a thread looks for the next job before it sleeps, in ms. */
const AWAKE_MS = 0.3;

/** A thread of a pool. Between messages it waits for jobs, and hears nothing else. */
export class Member {
  readonly #models = new Map<number, Model>();
  #control: Int32Array | undefined;
  #read = 0;
  #id = 0;
  #turn = 0;
  readonly #arguments: number[] = [];

  /** Takes a message, then works until the next one. */
  take(mail: Mail): void {
    if ('control' in mail) {
      this.#control = mail.control;
      this.#read = mail.read;
      this.#id = mail.id;
    } else {
      this.#read++;
      if ('left' in mail) this.#models.delete(mail.left);
      else this.#join(mail.slot, mail.module, mail.memory);
    }
    this.#work(this.#control!);
  }

  #join(slot: number, module: WebAssembly.Module, memory: WebAssembly.Memory): void {
    const { exports } = new WebAssembly.Instance(module, { env: { memory, lost: () => false } });
    this.#models.set(slot, {
      kernels: exports as unknown as KernelCalls,
      words: new Int32Array(memory.buffer),
    });
    Atomics.add(this.#control!, WORD.joined + slot, 1);
  }

  #work(control: Int32Array): void {
    for (;;) {
      if (Atomics.load(control, WORD.mail) !== this.#read) return;
      const turn = Atomics.load(control, WORD.turn);
      if (turn === this.#turn) {
        this.#wait(control, turn);
      } else {
        this.#turn = turn;
        this.#enter(control);
      }
    }
  }

  #wait(control: Int32Array, turn: number): void {
    const start = performance.now();
    do {
      for (let i = 0; i < 256; i++) if (Atomics.load(control, WORD.turn) !== turn) return;
    } while (performance.now() - start < AWAKE_MS);
    Atomics.add(control, WORD.asleep, 1);
    Atomics.wait(control, WORD.turn, turn);
    Atomics.sub(control, WORD.asleep, 1);
  }

  /** Runs its part of the current job, if it gets there in time. */
  #enter(control: Int32Array): void {
    for (;;) {
      const door = Atomics.load(control, WORD.door);
      const model = this.#models.get(control[WORD.slot]!);
      const before = door & ENTERED;
      if (!(door & OPEN) || !model || before >= control[WORD.seats]!) return;
      // before: it may be ended right after
      Atomics.store(control, WORD.entered + this.#id, door >> 8);
      if (Atomics.compareExchange(control, WORD.door, door, door + 1) !== door) continue;
      this.#run(control, model, door >> 8, before + 1);
      return;
    }
  }

  #run(control: Int32Array, { kernels, words }: Model, job: number, number: number): void {
    let team = Atomics.load(control, WORD.team);
    while (team >> 8 !== job) team = Atomics.load(control, WORD.team);
    this.#arguments.length = control[WORD.count]!;
    for (let i = 0; i < this.#arguments.length; i++) this.#arguments[i] = control[WORD.arguments + i]!;
    try {
      kernels.join_team(number, team & ENTERED);
      (kernels[NAMES[control[WORD.kernel]!]!] as (...args: number[]) => void)(...this.#arguments);
    } catch {
      // the others would wait for it
      Atomics.store(words, ARRIVED, OVER);
    }
    Atomics.add(control, WORD.done, 1);
  }
}
