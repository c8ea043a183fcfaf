import { integer, number } from '../../check.ts';
import { ArgumentError, StateError } from '../../errors.ts';
import { Generator } from '../../init/generator.ts';
import type { Network, StreamPlan } from '../../layers/network.ts';
import type { Region } from '../../memory/layout.ts';
import { isNumbers, type NDArray, readShaped } from '../../ndarray.ts';

/**
 * A plan that goes step by step: up to `block` steps of the first k of its rows in one call. States, outputs and packed
 * weights are in the model's memory; a call allocates nothing but, the first time, a view for each number of rows.
 */
export class Runner {
  readonly network: Network;
  /** Rows at most. */
  readonly batch: number;
  readonly block: number;
  readonly #of: string;
  #held: StreamPlan | undefined;
  readonly #views = new Map<number, Float32Array<ArrayBuffer>>();
  #viewed: ArrayBufferLike | undefined;
  /** Row of the output where the last step begins. */
  #last = 0;
  /** 1 for rows that have no output. */
  readonly #fresh: Uint8Array;
  /** How many rows, the first ones, are those with an output; −1: others. */
  #ran = 0;

  /** @param of what it is, for errors */
  constructor(network: Network, batch: number, block: number, of: string) {
    this.network = network;
    this.batch = batch;
    this.block = block;
    this.#of = of;
    this.#held = network.takeStream(batch, block);
    this.#fresh = new Uint8Array(batch).fill(1);
    this.clear(0, batch);
  }

  /** `steps` steps of the first `rows` rows from so many rows of input. A view of the output [T·k, outputSize]. */
  run(steps: number, rows: number, given: number | ArrayLike<number>): Float32Array<ArrayBuffer> {
    const { plan, packed } = this.#live;
    const { network } = this;
    const count = steps * rows;
    this.#write(plan.input, count, rows, given);
    plan.rows.arrange(network.arena, steps, rows);
    plan.forward(packed.version === network.version);
    packed.version = network.version;
    this.#last = count - rows;
    if (this.#ran !== rows) {
      this.#fresh.fill(0, 0, rows).fill(1, rows);
      this.#ran = rows;
    }
    return this.#view(plan.output.ptr / 4, count * network.outputSize);
  }

  /** Zeros states of rows from..to−1. */
  clear(from: number, to: number): void {
    const { states } = this.#live.plan;
    const memory = this.network.arena.f32;
    for (const { initial } of states) {
      const W = initial.shape[1]!;
      memory.fill(0, initial.ptr / 4 + from * W, initial.ptr / 4 + to * W);
    }
  }

  /** Copies the states of one row to another. */
  copyRow(from: number, to: number): void {
    const { states } = this.#live.plan;
    for (let i = 0; i < states.length; i++) {
      const { ptr, shape } = states[i]!.initial;
      const W = shape[1]!;
      this.#copy(ptr / 4 + from * W, ptr / 4 + to * W, W);
    }
  }

  /** Has the states of two rows change places. */
  swapRows(a: number, b: number): void {
    const { plan, spare } = this.#live;
    for (let i = 0; i < plan.states.length; i++) {
      const { ptr, shape } = plan.states[i]!.initial;
      const W = shape[1]!;
      this.#copy(ptr / 4 + a * W, spare.ptr / 4, W);
      this.#copy(ptr / 4 + b * W, ptr / 4 + a * W, W);
      this.#copy(spare.ptr / 4, ptr / 4 + b * W, W);
    }
  }

  /** Before its first call: takes over states and outputs of one of the same network and batch. */
  copyFrom(other: Runner): void {
    const { plan } = this.#live;
    const { plan: from } = other.#live;
    for (const [i, { initial }] of from.states.entries()) {
      this.network.arena.copy(initial, plan.states[i]!.initial);
    }
    const n = this.network.outputSize;
    this.#copy(from.output.ptr / 4 + other.#last * n, plan.output.ptr / 4, this.batch * n);
    this.#fresh.set(other.#fresh);
    this.#ran = other.#ran;
  }

  /** States of `count` rows from `first` on by name, as copies. */
  read(first: number, count: number): Record<string, NDArray> {
    const { states, stateNames } = this.#live.plan;
    const memory = this.network.arena.f32;
    return Object.fromEntries(
      states.map(({ initial: { ptr, shape } }, i) => {
        const W = shape[1]!;
        const at = ptr / 4 + first * W;
        return [stateNames[i]!, { data: memory.slice(at, at + count * W), shape: [count, W] }];
      }),
    );
  }

  /** A function that writes states of `count` rows from `first` on, all of which were checked. */
  writer(given: Readonly<Record<string, NDArray>>, first: number, count: number): () => void {
    const { states, stateNames } = this.#live.plan;
    const names = Object.keys(given);
    if (names.length !== states.length || !names.every((name) => stateNames.includes(name))) {
      throw new ArgumentError('state.states', stateNames.join(', ') || 'none', names);
    }
    const values = states.map(({ initial: { shape } }, i) => {
      const name = stateNames[i]!;
      return readShaped(`state.states['${name}']`, given[name]!, [count, shape[1]!]);
    });
    return () => {
      const memory = this.network.arena.f32;
      for (const [i, { initial }] of states.entries()) {
        memory.set(values[i]!, initial.ptr / 4 + first * initial.shape[1]!);
      }
    };
  }

  /** Last output of a row, as a copy; null where there is none. */
  readOutput(row: number): Float32Array<ArrayBuffer> | null {
    if (this.#fresh[row]) return null;
    const n = this.network.outputSize;
    const at = this.#lastOf(row) / 4;
    return this.network.arena.f32.slice(at, at + n);
  }

  /** Makes numbers, or none, the last output of a row. */
  writeOutput(row: number, output: ArrayLike<number> | null): void {
    if (output) this.network.arena.f32.set(output, this.#lastOf(row) / 4);
    this.#fresh[row] = output ? 0 : 1;
    this.#ran = -1;
  }

  /** As Stream.sample. */
  sample(generator: Generator, temperature: number, row: number): number {
    number('temperature', temperature, 0);
    if (!(generator instanceof Generator)) throw new ArgumentError('generator', 'a Generator', generator);
    const { arena, outputSize: n } = this.network;
    const logits = this.#logits(row);
    // 1 / temperature times an output must not overflow
    if (temperature < 1e-30) return arena.kernels.index_of_max(n, logits);
    return arena.kernels.sample_index(n, this.#softmax(logits, temperature), generator.uniform());
  }

  /** As Stream.probabilities. */
  probabilities(row: number): Float32Array {
    const at = this.#softmax(this.#logits(row), 1) / 4;
    return this.network.arena.f32.subarray(at, at + this.network.outputSize);
  }

  dispose(): void {
    if (this.#held) this.network.returnStream(this.#held);
    this.#held = undefined;
  }

  get #live(): StreamPlan {
    if (!this.#held) throw new StateError(`the ${this.#of} was disposed`);
    return this.#held;
  }

  /** Where softmax(logits / temperature) is written. */
  #softmax(logits: number, temperature: number): number {
    const { ptr } = this.#live.probabilities;
    this.network.arena.kernels.softmax_rows(1, this.network.outputSize, 1 / temperature, logits, ptr);
    return ptr;
  }

  /** Where the last output of a row is, if there is one. */
  #logits(row: number): number {
    if (integer('row', row, 0) >= this.batch) {
      throw new ArgumentError('row', `a row below ${this.batch}`, row);
    }
    const at = this.#lastOf(row);
    if (this.#fresh[row]) throw new StateError('sample: make a step first');
    return at;
  }

  #lastOf(row: number): number {
    return this.#live.plan.output.ptr + (this.#last + row) * this.network.outputSize * 4;
  }

  #copy(from: number, to: number, n: number): void {
    this.network.arena.f32.copyWithin(to, from, from + n);
  }

  #view(at: number, length: number): Float32Array<ArrayBuffer> {
    const { f32 } = this.network.arena;
    if (this.#viewed !== f32.buffer) {
      this.#viewed = f32.buffer;
      this.#views.clear();
    }
    let view = this.#views.get(length);
    if (!view) this.#views.set(length, (view = f32.subarray(at, at + length)));
    return view;
  }

  #write(to: Region, count: number, rows: number, given: number | ArrayLike<number>): void {
    const { arena, input: signal } = this.network;
    const single = typeof given === 'number';
    const length = signal.kind === 'features' ? count * signal.size : count;
    if (single ? length !== 1 : !isNumbers(given) || given.length !== length) {
      throw new ArgumentError('input', `${length} number${length === 1 ? '' : 's'}`, given);
    }
    const at = to.ptr / 4;
    if (signal.kind === 'features') {
      if (single) arena.f32[at] = given;
      else arena.f32.set(given, at);
      return;
    }
    for (let i = 0; i < length; i++) {
      const index = single ? given : given[i]!;
      if (!Number.isInteger(index) || index < 0 || index >= signal.size) {
        const step = count > rows ? `step ${Math.floor(i / rows)}, ` : '';
        throw new ArgumentError(`input (${step}row ${i % rows})`, `an index in 0..${signal.size - 1}`, index);
      }
    }
    if (single) arena.i32[at] = given;
    else arena.i32.set(given, at);
  }
}
