import { instance, integer, options } from '../../check.ts';
import { Network } from '../../engine/network.ts';
import { ArgumentError } from '../../errors.ts';
import type { Generator } from '../../init/generator.ts';
import { lengthOf } from '../../ndarray.ts';
import { Summarized } from '../../summary.ts';
import { Runner } from './runner.ts';

/** What `Sequential.stream` takes. */
export interface StreamOptions {
  /** Rows that step together, each with its own states. Default 1. */
  readonly batch?: number | undefined;
  /** Steps that one call of `steps` takes at most. Default 1. */
  readonly block?: number | undefined;
}

/**
 * Inference step by step. States stay in the model's memory, weights stay packed while they do not change (once for all
 * streams of the same batch and block), and a step allocates nothing. Equal to `forward` over the same steps, to the bit.
 */
export class StreamBase extends Summarized {
  /** Rows that step together. */
  readonly batch: number;
  /** Steps that one call of `steps` takes at most. */
  readonly block: number;
  /** @internal */
  protected readonly runner: Runner;

  /** @internal */
  constructor(network: Network, opts?: StreamOptions) {
    super();
    const { batch = 1, block = 1 } = options('stream', opts, { batch: true, block: true });
    this.batch = integer('batch', batch, 1);
    this.block = integer('block', block, 1);
    instance('network', network, Network, 'that of a model: call model.stream()');
    this.runner = new Runner(network, batch, block, 'stream');
  }

  /**
   * One step: an index, or for each row an index, or [B, inputSize] features. Gives the output [B, outputSize] as a
   * view of the model's memory, which holds until the next call on the model: copy what you keep.
   *
   * @throws {ArgumentError} an index outside the vocabulary, another number of values
   */
  step(input: number | ArrayLike<number>): Float32Array {
    return this.runner.run(1, this.batch, input);
  }

  /**
   * Up to `block` steps in one call: indices [T, B], or features [T, B, inputSize], one after the other. Gives the outputs
   * [T, B, outputSize] as a view, as `step` does; to the bit what T calls of `step` give.
   *
   * @throws {ArgumentError} an index outside the vocabulary, numbers that are not those of 1 to `block` steps
   */
  steps(input: ArrayLike<number>): Float32Array {
    const { batch, block } = this;
    const { kind, size } = this.runner.network.input;
    const row = kind === 'features' ? batch * size : batch;
    const steps = lengthOf(input) / row;
    if (!Number.isInteger(steps) || steps < 1 || steps > block) {
      throw new ArgumentError('input', `${row} x n numbers, n from 1 to block ${block}`, input);
    }
    return this.runner.run(steps, batch, input);
  }

  /**
   * Draws an index from softmax(last output / temperature) for row `row`; temperature 0 takes the largest. The same
   * generator gives the same indices on every engine.
   *
   * @throws {ArgumentError} a negative temperature, a row outside the batch, no generator
   * @throws {NonFiniteError} an output that is NaN or infinite: `row` and `index` tell which
   * @throws {StateError} before the first step, or the first after `reset`
   */
  sample(generator: Generator, temperature = 1, row = 0): number {
    return this.runner.sample(generator, temperature, row);
  }

  /**
   * softmax(last output) of row `row`: how likely each index is. A view of the model's memory, as `step` gives.
   *
   * @throws {ArgumentError} a row outside the batch
   * @throws {StateError} before the first step, or the first after `reset`
   */
  probabilities(row = 0): Float32Array {
    return this.runner.probabilities(row);
  }

  /** Sets the states of one row, or of all, to 0. @throws {ArgumentError} a row outside the batch */
  reset(row?: number): void {
    const [first, count] = this.rows(row);
    this.runner.clear(first, first + count);
    for (let i = first; i < first + count; i++) this.runner.forget(i);
  }

  /** Whether all states of a row are finite. @internal */
  finite(row: number): boolean {
    return this.runner.finite(row);
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): object {
    return { type: 'Stream', batch: this.batch, block: this.block };
  }

  /** Gives the stream's memory to the next stream of the model; later calls throw. */
  dispose(): void {
    this.runner.dispose();
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The first of the rows meant, and how many. @internal */
  protected rows(row: number | undefined): [first: number, count: number] {
    if (row === undefined) return [0, this.batch];
    return [integer('row', row, 0, this.batch - 1), 1];
  }
}
