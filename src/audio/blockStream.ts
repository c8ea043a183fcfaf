import { byteArray, floats } from '../allocate.ts';
import { isFloatArray } from '../arrayKind.ts';
import { options } from '../check.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { StreamBase, StreamOptions } from '../model/core/streamBase.ts';
import { finiteStates } from '../model/streaming/finiteStates.ts';
import { type AudioSource, featuresOf } from './features.ts';

/** Samples per block of an AudioWorklet, and steps per kernel call. */
const BLOCK = 128;

/**
 * A stream over blocks of samples as in an AudioWorklet: an array of channels with one Float32Array each. Channels
 * are the model's features, row by row: a model with one input and one output runs on `batch` independent channels.
 * States are kept between blocks; `process` does not allocate.
 *
 * If outputs or states of a row are NaN or infinite after 128 samples or at the end of a call, its states are reset
 * to 0. Such outputs are written as 0.
 */
export class BlockStream {
  /** Number of input channels: batch · inputSize. */
  readonly inputs: number;
  /** Number of output channels: batch · outputSize. */
  readonly outputs: number;
  /** How often the states of a row were reset because a state or an output was NaN or infinite. */
  resets = 0;
  readonly #stream: StreamBase;
  /** One sample per channel, a view of `#block`; BLOCK samples per channel. */
  readonly #frame: Float32Array;
  readonly #block: Float32Array;
  /** [batch] 1 for rows with an output that is not finite. */
  readonly #broken: Uint8Array;

  /**
   * @throws {ArgumentError} if the model's input is indices, it has several inputs or outputs, or batch is below 1
   * @throws {StateError} if a step depends on later ones
   */
  constructor(model: AudioSource, opts?: Pick<StreamOptions, 'batch'>) {
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
   * Runs one step per sample of `output` and overwrites it. Missing channels of `input`, such as when nothing is
   * connected, are silent; extra ones are ignored.
   *
   * @throws {ArgumentError} if one is not a list of Float32Arrays
   * @throws {ShapeError} if the number of output channels differs or a channel is shorter than `output[0]`
   */
  process(input: readonly Float32Array[], output: readonly Float32Array[]): void {
    const count = channels('output', output);
    if (count !== this.outputs) throw new ShapeError('output', `${this.outputs} channels`, `${count}`);
    const samples = long('output', 0, output[0], 0);
    for (let c = 1; c < this.outputs; c++) long('output', c, output[c], samples);
    const given = Math.min(channels('input', input), this.inputs);
    for (let c = 0; c < given; c++) long('input', c, input[c], samples);
    for (let t = 0; t < samples; ) {
      const steps = samples - t >= BLOCK ? BLOCK : 1;
      const values = this.#run(input, given, t, steps);
      for (let i = 0, at = 0; i < steps; i++, t++) {
        for (let c = 0; c < this.outputs; c++) output[c]![t] = this.#checked(values[at++]!, c);
      }
      if (steps === BLOCK || t === samples) this.#mend();
    }
  }

  /** The value, or 0 if it is not finite; then marks the row of output channel c. */
  #checked(value: number, c: number): number {
    if (value - value === 0) return value;
    this.#broken[Math.floor((c * this.#stream.batch) / this.outputs)] = 1;
    return 0;
  }

  /** Resets rows whose outputs or states are not finite. */
  #mend(): void {
    for (let row = 0; row < this.#stream.batch; row++) {
      if (this.#broken[row] === 0 && finiteStates(this.#stream.runner, row)) continue;
      this.#broken[row] = 0;
      this.#stream.reset(row);
      this.resets++;
    }
  }

  /** Outputs of `steps` samples, starting at sample t. */
  #run(input: readonly Float32Array[], given: number, t: number, steps: number): Float32Array {
    const block = this.#block;
    for (let i = 0, at = 0; i < steps; i++) {
      for (let c = 0; c < this.inputs; c++) block[at++] = c < given ? input[c]![t + i]! : 0;
    }
    return steps === BLOCK ? this.#stream.steps(block) : this.#stream.step(this.#frame);
  }

  /** Sets all states to those that streams start from: zeros, unless the model has others. */
  reset(): void {
    this.#stream.reset();
  }

  /** Releases the stream's memory for the model's next stream. Later calls throw. */
  dispose(): void {
    this.#stream.dispose();
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Number of channels. @throws {ArgumentError} if it is no list */
function channels(name: string, given: readonly Float32Array[]): number {
  if (!Array.isArray(given)) throw new ArgumentError(name, 'a list of channels', given);
  return given.length;
}

/** Number of samples of a channel. @throws {ArgumentError} if they are no floats @throws {ShapeError} if there are too few */
function long(name: string, channel: number, given: Float32Array | undefined, samples: number): number {
  if (!isFloatArray(given)) throw new ArgumentError(`${name}[${channel}]`, 'a Float32Array', given);
  const { length } = given!;
  if (length < samples) throw new ShapeError(`${name}[${channel}]`, `${samples} samples`, `${length}`);
  return length;
}
