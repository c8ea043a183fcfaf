import { instance, integer, options } from '../../check.ts';
import { Network } from '../../engine/network.ts';
import { ArgumentError } from '../../errors.ts';
import type { Generator } from '../../init/generator.ts';
import { lengthOf, widthOf } from '../../ndarray.ts';
import { Summarized } from '../../summary.ts';
import { Runner } from './runner.ts';

/** Options of `Sequential.stream`. */
export interface StreamOptions {
  /** Batch size: rows that step together, each with its own states. Default 1. */
  readonly batch?: number | undefined;
  /** Maximum number of steps per call of `steps`. Default 1. */
  readonly block?: number | undefined;
}

/**
 * Inference step by step, with the same bits as `forward` over the same steps. States are kept in the model's memory;
 * weights are packed once for all streams of the same batch and block; a step does not allocate.
 */
export class StreamBase extends Summarized {
  /** Batch size. */
  readonly batch: number;
  /** Maximum number of steps per call of `steps`. */
  readonly block: number;
  /** @internal */
  readonly runner: Runner;

  /** @internal */
  constructor(network: Network, opts?: StreamOptions, own?: object) {
    super();
    const { batch = 1, block = 1 } = options('stream', opts, { batch: true, block: true });
    this.batch = integer('batch', batch, 1);
    this.block = integer('block', block, 1);
    instance('network', network, Network, "a model's: call model.stream()");
    this.runner = new Runner(network, batch, block, 'stream', own);
  }

  /**
   * Runs one step: an index, one index per row, or [B, inputSize] features. Returns the output [B, outputSize] as a
   * view of the model's memory that is valid until the next call on the model; copy it to keep it.
   *
   * @throws {ArgumentError} if an index is outside the vocabulary or the number of values does not match
   */
  step(input: number | ArrayLike<number>): Float32Array {
    return this.runner.run(1, this.batch, input);
  }

  /**
   * Runs up to `block` steps in one call: indices [T, B] or features [T, B, inputSize]. Returns the outputs [T, B,
   * outputSize] as a view, like `step`, with the same bits as T calls of `step`.
   *
   * @throws {ArgumentError} if an index is outside the vocabulary or the input is not 1 to `block` steps
   */
  steps(input: ArrayLike<number>): Float32Array {
    const { batch, block } = this;
    const row = batch * widthOf(this.runner.live.signal);
    const steps = lengthOf(input) / row;
    if (!Number.isInteger(steps) || steps < 1 || steps > block) {
      throw new ArgumentError('input', `${row} x n numbers, n from 1 to block ${block}`, input);
    }
    return this.runner.run(steps, batch, input);
  }

  /**
   * Samples an index from softmax(last output / temperature) of row `row`; temperature 0 picks the largest. The same
   * generator state gives the same indices on every engine.
   *
   * @throws {ArgumentError} if temperature is negative, row is outside the batch, or generator is missing
   * @throws {NonFiniteError} if an output is NaN or infinite: see `row` and `index`
   * @throws {StateError} before the first step, or the first after `reset`
   */
  sample(generator: Generator, temperature = 1, row = 0): number {
    return this.runner.sample(generator, temperature, row);
  }

  /**
   * Probabilities softmax(last output) of row `row`, as a view of the model's memory, like `step`.
   *
   * @throws {ArgumentError} if row is outside the batch
   * @throws {StateError} before the first step, or the first after `reset`
   */
  probabilities(row = 0): Float32Array {
    return this.runner.probabilities(row);
  }

  /** Sets the states of one row, or of all, to 0. @throws {ArgumentError} if row is outside the batch */
  reset(row?: number): void {
    const [first, count] = this.rows(row);
    this.runner.clear(first, first + count);
    for (let i = first; i < first + count; i++) this.runner.forget(i);
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): object {
    return { type: 'Stream', batch: this.batch, block: this.block };
  }

  /** Releases the stream's memory for the model's next stream. Later calls throw. */
  dispose(): void {
    this.runner.dispose();
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The first of the rows meant, and how many. @internal */
  protected rows(row: number | undefined): [first: number, count: number] {
    if (row === undefined) return [0, this.batch];
    return [integer('row', row, 0, this.batch - 1), 1];
  }
}
