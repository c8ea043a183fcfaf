import { byteArray, floats } from '../allocate.ts';
import { options } from '../check.ts';
import { ShapeError } from '../errors.ts';
import type { SequentialBase } from '../model/core/sequentialBase.ts';
import type { StreamBase, StreamOptions } from '../model/core/streamBase.ts';
import { featuresOf } from './features.ts';

/** Samples of a block of an AudioWorklet: so many steps are one call of the kernels. */
const BLOCK = 128;

/**
 * A stream over blocks of samples, as an AudioWorklet has them: an array of channels, each of so many samples. Channels
 * are the model's features, those of row 0 first, then those of the next row: a model of one input and one output runs
 * on each of `batch` channels with states of their own. States stay from block to block; `process` allocates nothing.
 *
 * A row whose outputs or states are NaN or infinite after 128 samples, or at the end of a call, starts again from zero
 * states; such outputs are written as 0.
 */
export class BlockStream {
  /** Channels in: batch · inputSize. */
  readonly inputs: number;
  /** Channels out: batch · outputSize. */
  readonly outputs: number;
  /** How often a row was set to zero states because its outputs or states were NaN or infinite. */
  resets = 0;
  readonly #stream: StreamBase;
  /** One sample of every channel, and BLOCK of them. */
  readonly #frame: Float32Array;
  readonly #block: Float32Array;
  /** 1 for a row with an output that is not finite. */
  readonly #broken: Uint8Array;

  /** @throws {ArgumentError} a model that takes indices, or a batch below 1 */
  constructor(model: SequentialBase, opts?: Pick<StreamOptions, 'batch'>) {
    const { batch = 1 } = options('BlockStream', opts, { batch: true });
    const { inputSize, outputSize } = featuresOf(model);
    this.#stream = model.stream({ batch, block: BLOCK });
    this.inputs = batch * inputSize;
    this.outputs = batch * outputSize;
    this.#broken = byteArray(batch);
    this.#block = floats(BLOCK * this.inputs);
    this.#frame = this.#block.subarray(0, this.inputs);
  }

  /**
   * As many samples as the channels of `output` have, written over them. Channels of `input` that are missing, as where
   * nothing is connected, are silent; further ones are left out.
   *
   * @throws {ShapeError} another number of output channels, or channels shorter than the first of `output`
   */
  process(input: readonly Float32Array[], output: readonly Float32Array[]): void {
    const samples = output.length === this.outputs ? output[0]!.length : -1;
    if (samples < 0) throw new ShapeError('output', `${this.outputs} channels`, `${output.length}`);
    const given = Math.min(input.length, this.inputs);
    for (let c = 0; c < given; c++) long('input', c, input[c]!, samples);
    for (let c = 1; c < this.outputs; c++) long('output', c, output[c]!, samples);
    for (let t = 0; t < samples; ) {
      const steps = samples - t >= BLOCK ? BLOCK : 1;
      const values = this.#run(input, given, t, steps);
      for (let i = 0, at = 0; i < steps; i++, t++) {
        for (let c = 0; c < this.outputs; c++) output[c]![t] = this.#checked(values[at++]!, c);
      }
      if (steps === BLOCK || t === samples) this.#mend();
    }
  }

  /** A value of output channel c, or 0 for one that is not finite. */
  #checked(value: number, c: number): number {
    if (value - value === 0) return value;
    this.#broken[Math.floor((c * this.#stream.batch) / this.outputs)] = 1;
    return 0;
  }

  /** Rows that would give NaN from now on start again. */
  #mend(): void {
    for (let row = 0; row < this.#stream.batch; row++) {
      if (this.#broken[row] === 0 && this.#stream.finite(row)) continue;
      this.#broken[row] = 0;
      this.#stream.reset(row);
      this.resets++;
    }
  }

  /** Outputs of so many samples from number t on. */
  #run(input: readonly Float32Array[], given: number, t: number, steps: number): Float32Array {
    const block = this.#block;
    for (let i = 0, at = 0; i < steps; i++) {
      for (let c = 0; c < this.inputs; c++) block[at++] = c < given ? input[c]![t + i]! : 0;
    }
    return steps === BLOCK ? this.#stream.steps(block) : this.#stream.step(this.#frame);
  }

  /** Sets all states to 0. */
  reset(): void {
    this.#stream.reset();
  }

  /** Gives the stream's memory to the next stream of the model; later calls throw. */
  dispose(): void {
    this.#stream.dispose();
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function long(name: string, channel: number, { length }: Float32Array, samples: number): void {
  if (length < samples) throw new ShapeError(`${name}[${channel}]`, `${samples} samples`, `${length}`);
}
