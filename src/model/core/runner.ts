import { byteArray } from '../../allocate.ts';
import { typedLength } from '../../arrayKind.ts';
import { finite, instance, integer, unreadable } from '../../check.ts';
import type { Network } from '../../engine/network.ts';
import type { StreamPlan } from '../../engine/streamPlan.ts';
import { ArgumentError, NonFiniteError, StateError } from '../../errors.ts';
import { Generator } from '../../init/generator.ts';
import type { Region } from '../../memory/layout.ts';
import { mayBeNumbers, widthOf } from '../../ndarray.ts';

/**
 * Runs a plan step by step: up to `block` steps of its first k rows per call. States, outputs and packed weights are
 * in the model's memory. A call allocates nothing except, once per number of rows, a view.
 */
export class Runner {
  readonly network: Network;
  /** Maximum number of rows. */
  readonly batch: number;
  readonly block: number;
  readonly #of: string;
  #held: StreamPlan | undefined;
  readonly #views = new Map<number, Float32Array<ArrayBuffer>>();
  #viewed: Float32Array | undefined;
  /** First output row of the last step. */
  last = 0;
  /** 1 for rows without an output. */
  readonly fresh: Uint8Array;
  /** How many rows, the first ones, are those with an output; −1: others. */
  ran = 0;

  /**
   * @param of what it is, for errors
   * @param own what else the request of its plan has
   */
  constructor(network: Network, batch: number, block: number, of: string, own?: object) {
    this.network = network;
    this.batch = batch;
    this.block = block;
    this.#of = of;
    const held = network.takeStream(batch, block, own);
    try {
      this.fresh = byteArray(batch).fill(1);
    } catch (error) {
      network.returnStream(held);
      throw error;
    }
    this.#held = held;
    this.clear(0, batch);
  }

  /** `steps` steps of the first `rows` rows from so many rows of input. A view of the output [T·k, outputSize]. */
  run(steps: number, rows: number, given: number | ArrayLike<number>): Float32Array<ArrayBuffer> {
    const { plan, packed } = this.live;
    const { network } = this;
    const count = steps * rows;
    network.enter(this.#of);
    try {
      try {
        this.#write(plan.input, count, rows, given);
      } catch (error) {
        throw unreadable('input', given, error);
      }
      plan.rows.arrange(network.arena, steps, rows);
      plan.forward(packed.version === network.version);
      packed.version = network.version;
      this.last = count - rows;
      if (this.ran !== rows) {
        this.fresh.fill(0, 0, rows).fill(1, rows);
        this.ran = rows;
      }
      return this.#view(plan.output.ptr / 4, count * network.outputSize);
    } finally {
      network.leave();
    }
  }

  /** Zeros states of rows from..to−1. */
  clear(from: number, to: number): void {
    this.network.free('reset');
    const { plan } = this.live;
    const memory = this.network.arena.f32;
    for (const { initial } of plan.states) {
      const W = initial.shape[1]!;
      memory.fill(0, initial.ptr / 4 + from * W, initial.ptr / 4 + to * W);
    }
    plan.restart?.(from, to - from);
  }

  /** Marks a row as having no output. */
  forget(row: number): void {
    this.fresh[row] = 1;
    this.ran = -1;
  }

  /** As Stream.sample. */
  sample(generator: Generator, temperature: number, row: number): number {
    finite('temperature', temperature, 0);
    instance('generator', generator, Generator, 'a Generator');
    const { network } = this;
    const { arena, outputSize: n } = network;
    network.enter('sample');
    try {
      const logits = this.#logits(row);
      checkFinite('sample', arena.f32, logits / 4, n, row);
      // 1 / temperature times an output must not overflow
      if (temperature < 1e-30) return arena.kernels.index_of_max(n, logits);
      return arena.kernels.sample_index(n, this.#softmax(logits, temperature), generator.uniform());
    } finally {
      network.leave();
    }
  }

  /** As Stream.probabilities. */
  probabilities(row: number): Float32Array {
    this.network.free('probabilities');
    const at = this.#softmax(this.#logits(row), 1) / 4;
    return this.network.arena.f32.subarray(at, at + this.network.outputSize);
  }

  dispose(): void {
    this.network.free('dispose');
    if (this.#held) this.network.returnStream(this.#held);
    this.#held = undefined;
  }

  /** The network it runs on. */
  get live(): StreamPlan {
    if (!this.#held) throw new StateError(`the ${this.#of} was disposed`);
    return this.#held;
  }

  /** Where softmax(logits / temperature) is written. */
  #softmax(logits: number, temperature: number): number {
    const { ptr } = this.live.probabilities;
    this.network.arena.kernels.softmax_rows(1, this.network.outputSize, 1 / temperature, logits, ptr);
    return ptr;
  }

  /** Where the last output of a row is, if there is one. */
  #logits(row: number): number {
    const at = this.lastOf(integer('row', row, 0, this.batch - 1));
    if (this.fresh[row]) throw new StateError('sample: make a step first');
    return at;
  }

  /** Where the last output of a row is. */
  lastOf(row: number): number {
    return this.live.plan.output.ptr + (this.last + row) * this.network.outputSize * 4;
  }

  #view(at: number, length: number): Float32Array<ArrayBuffer> {
    const { f32 } = this.network.arena;
    if (this.#viewed !== f32) {
      this.#viewed = f32;
      this.#views.clear();
    }
    let view = this.#views.get(length);
    if (!view) this.#views.set(length, (view = f32.subarray(at, at + length)));
    return view;
  }

  #write(to: Region, count: number, rows: number, given: number | ArrayLike<number>): void {
    const { arena } = this.network;
    const { signal } = this.live;
    const at = to.ptr / 4;
    const single = typeof given === 'number';
    const length = count * widthOf(signal);
    // copied by its internal slots, without a call of the user's code
    if (signal.kind === 'features' && !single && typedLength(given) === length) {
      arena.f32.set(given, at);
      return;
    }
    // plain arrays are not read here, but below, once
    if (single ? length !== 1 : !mayBeNumbers(given) || given.length !== length) {
      throw new ArgumentError('input', length === 1 ? '1 number' : `${length} numbers`, given);
    }
    // each number is read once, and checked as it is written: nothing but the input was touched where one is refused
    const memory = signal.kind === 'features' ? arena.f32 : arena.i32;
    for (let i = 0; i < length; i++) {
      const value = single ? given : given[i]!;
      if (signal.kind === 'features') {
        if (typeof value !== 'number') throw new ArgumentError(`input[${i}]`, 'a number', value);
      } else if (!Number.isInteger(value) || value < 0 || value >= signal.size) {
        const step = count > rows ? `step ${Math.floor(i / rows)}, ` : '';
        throw new ArgumentError(`input (${step}row ${i % rows})`, `an index in 0..${signal.size - 1}`, value);
      }
      memory[at + i] = value;
    }
  }
}

/** Checks the outputs of a row before sampling. @throws {NonFiniteError} if one is NaN or infinite */
export function checkFinite(call: string, outputs: Float32Array, at: number, n: number, row: number): void {
  for (let index = 0; index < n; index++) {
    const value = outputs[at + index]!;
    if (value - value === 0) continue;
    throw new NonFiniteError(`${call}: output ${index} of row ${row} is ${value}`, { row, index });
  }
}
