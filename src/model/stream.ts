import { integer, number, options } from '../check.ts';
import { ArgumentError, StateError } from '../errors.ts';
import { Generator } from '../init/generator.ts';
import type { Network, StreamPlan } from '../layers/network.ts';
import type { Plan } from '../layers/plan.ts';
import { isNumbers } from '../ndarray.ts';

export interface StreamOptions {
  /** Rows that step together, each with its own states. Default 1. */
  readonly batch?: number;
}

/**
 * Inference one step at a time. States stay in the model's memory, weights stay packed while they do not change, and a
 * step allocates nothing. Equal to `forward` over the same steps, to the bit.
 */
export class Stream {
  readonly batch: number;
  readonly #network: Network;
  #held: StreamPlan | undefined;
  #version = -1;
  #stepped = false;
  #output = new Float32Array();

  constructor(network: Network, opts?: StreamOptions) {
    const { batch = 1 } = options('stream', opts, ['batch']);
    this.batch = integer('batch', batch, 1);
    this.#network = network;
    this.#held = network.takeStream(batch);
    this.reset();
  }

  /**
   * One step: an index, or for each row an index, or [B, inputSize] features. Gives the output [B, outputSize] as a
   * view of the model's memory, which holds until the next call on the model: copy what you keep.
   *
   * @throws {ArgumentError} an index outside the vocabulary, another number of values
   */
  step(input: number | ArrayLike<number>): Float32Array {
    const { plan } = this.#live;
    const network = this.#network;
    const { arena } = network;
    this.#write(plan, input);
    plan.forward(this.#version === network.version);
    this.#version = network.version;
    this.#stepped = true;
    if (this.#output.buffer !== arena.f32.buffer) {
      const at = plan.output.ptr / 4;
      this.#output = arena.f32.subarray(at, at + plan.output.length);
    }
    return this.#output;
  }

  /**
   * Draws an index from softmax(last output / temperature) for row `row`; temperature 0 takes the largest. The same
   * generator gives the same indices on every engine.
   *
   * @throws {ArgumentError} a negative temperature, a row outside the batch, no generator
   * @throws {StateError} before the first step, or the first after `reset`
   */
  sample(generator: Generator, temperature = 1, row = 0): number {
    number('temperature', temperature, 0);
    if (!(generator instanceof Generator)) throw new ArgumentError('generator', 'a Generator', generator);
    const { arena, outputSize: n } = this.#network;
    // 1 / temperature times an output must not overflow
    if (temperature < 1e-30) return arena.kernels.index_of_max(n, this.#last(row));
    return arena.kernels.sample_index(n, this.#softmax(row, temperature), generator.uniform());
  }

  /**
   * softmax(last output) of row `row`: how likely each index is. A view of the model's memory, as `step` gives.
   *
   * @throws {ArgumentError} a row outside the batch
   * @throws {StateError} before the first step, or the first after `reset`
   */
  probabilities(row = 0): Float32Array {
    const at = this.#softmax(row, 1) / 4;
    return this.#network.arena.f32.subarray(at, at + this.#network.outputSize);
  }

  /** Where softmax(last output / temperature) of a row is written. */
  #softmax(row: number, temperature: number): number {
    const logits = this.#last(row);
    const { ptr } = this.#live.probabilities;
    this.#network.arena.kernels.softmax_rows(1, this.#network.outputSize, 1 / temperature, logits, ptr);
    return ptr;
  }

  /** Where the last output of a row is. */
  #last(row: number): number {
    if (integer('row', row, 0) >= this.batch)
      throw new ArgumentError('row', `a row below ${this.batch}`, row);
    const { plan } = this.#live;
    if (!this.#stepped) throw new StateError('sample: make a step first');
    return plan.output.ptr + row * this.#network.outputSize * 4;
  }

  /** Sets all states to 0. */
  reset(): void {
    for (const { initial } of this.#live.plan.states) this.#network.arena.clear(initial);
    this.#stepped = false;
  }

  /** Gives the stream's memory to the next stream of the model; later calls throw. */
  dispose(): void {
    if (this.#held) this.#network.returnStream(this.#held);
    this.#held = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #live(): StreamPlan {
    if (!this.#held) throw new StateError('the stream was disposed');
    return this.#held;
  }

  #write({ input }: Plan, given: number | ArrayLike<number>): void {
    const { arena, input: signal } = this.#network;
    const single = typeof given === 'number';
    if (single ? input.length !== 1 : !isNumbers(given) || given.length !== input.length) {
      throw new ArgumentError('input', `${input.length} number${input.length === 1 ? '' : 's'}`, given);
    }
    const at = input.ptr / 4;
    if (signal.kind === 'features') {
      if (single) arena.f32[at] = given;
      else arena.f32.set(given, at);
      return;
    }
    for (let i = 0; i < input.length; i++) {
      const index = single ? given : given[i]!;
      if (!Number.isInteger(index) || index < 0 || index >= signal.size) {
        throw new ArgumentError(`input (row ${i})`, `an index in 0..${signal.size - 1}`, index);
      }
    }
    if (single) arena.i32[at] = given;
    else arena.i32.set(given, at);
  }
}
