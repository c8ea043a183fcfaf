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
    if (integer('row', row, 0) >= this.batch)
      throw new ArgumentError('row', `a row below ${this.batch}`, row);
    if (!(generator instanceof Generator)) throw new ArgumentError('generator', 'a Generator', generator);
    const { plan, probabilities } = this.#live;
    if (!this.#stepped) throw new StateError('sample: make a step first');
    const { kernels } = this.#network.arena;
    const n = this.#network.outputSize;
    const logits = plan.output.ptr + row * n * 4;
    // 1 / temperature times an output must not overflow
    if (temperature < 1e-30) return kernels.index_of_max(n, logits);
    const p = probabilities.ptr;
    kernels.softmax_rows(1, n, 1 / temperature, logits, p);
    return kernels.sample_index(n, p, generator.uniform());
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
