import { integer, options } from '../check.ts';
import { ArgumentError, FeatureError, StateError, Verbatim } from '../errors.ts';
import type { SequentialBase } from '../model/core/sequentialBase.ts';
import { addProcessor } from './addProcessor.ts';
import { featuresOf } from './features.ts';
import { PROCESSOR, type Setup } from './messages.ts';
import { packModel } from './packedModel.ts';
import { ProcessorLink } from './processorLink.ts';

/** What `AudioModel.create` takes besides context and model. */
export interface AudioModelOptions {
  /** Rows with states of their own, one after the other in the channels: 2 for a mono model on stereo. Default 1. */
  readonly batch?: number | undefined;
  /** Where the processor is, if a bundler does not find it: a copy of unrolled/audio/processor, one file. */
  readonly processor?: string | URL | undefined;
  /** Of the AudioWorkletNode, over those that follow from the model. */
  readonly node?: AudioWorkletNodeOptions | undefined;
}

/** Channels of a node at most, in Chromium, Firefox and WebKit. */
const MAX_CHANNELS = 32;

/**
 * A model in an AudioWorklet: batch · inputSize channels in, batch · outputSize out, one step per sample, in blocks of
 * 128 with the states kept. It has the parameters and the kernels that the model had when it was made.
 *
 * The audio thread answers each call, in order. A context that is suspended may answer only once it runs.
 */
export class AudioModel {
  /** To be connected. */
  readonly node: AudioWorkletNode;
  /**
   * Settles once the model is there.
   *
   * @throws {MemoryError} where the browser gives the audio thread no memory for it
   * @throws {StateError} a processor that failed, a context that was closed
   */
  readonly ready: Promise<void>;
  readonly #link: ProcessorLink;
  #disposed: Promise<void> | undefined;

  private constructor(node: AudioWorkletNode) {
    this.node = node;
    this.#link = new ProcessorLink(node);
    this.ready = this.#link.ready;
    // not to be reported where nobody asks: load, reset and dispose tell, too
    this.ready.catch(() => {});
  }

  /**
   * @throws {ArgumentError} a model that takes indices, a batch below 1, more than 32 channels, an unknown option
   * @throws {FeatureError} a context without AudioWorklet, as in a page that is not served securely
   * @throws {StateError} before `init()`; a context that is closed; a processor that can't be loaded
   */
  static async create(
    context: BaseAudioContext,
    model: SequentialBase,
    opts?: AudioModelOptions,
  ): Promise<AudioModel> {
    const given = options('AudioModel', opts, { batch: true, processor: true, node: true });
    const batch = integer('batch', given.batch ?? 1, 1);
    const { inputSize, outputSize } = featuresOf(model);
    const channelCount = channels('in', batch, inputSize);
    const outputChannelCount = [channels('out', batch, outputSize)];
    const processorOptions: Setup = { model: packModel(model), batch };
    if (!context?.audioWorklet) throw new FeatureError('this context has no AudioWorklet');
    if (context.state === 'closed') throw new StateError('the AudioContext is closed');
    await addProcessor(context, given.processor);
    const node = new AudioWorkletNode(context, PROCESSOR, {
      numberOfInputs: 1,
      channelCount,
      channelCountMode: 'explicit',
      ...given.node,
      // what the processor relies on
      numberOfOutputs: 1,
      outputChannelCount,
      processorOptions,
    });
    return new AudioModel(node);
  }

  /** How often the states of a row were set to 0 because they or an output were NaN or infinite, as far as was told. */
  get resets(): number {
    return this.#link.resets;
  }

  /**
   * Gives it the parameters of a model of the same layers, as they are now. Its states stay. Settles once they are in use.
   *
   * @throws {ArgumentError} or ShapeError: parameters that are not those of the model; it then keeps its own
   * @throws {StateError} after `dispose()`, or where the processor is no more
   */
  async load(model: SequentialBase): Promise<void> {
    featuresOf(model);
    await this.#link.call({ kind: 'load', parameters: model.stateDict() });
  }

  /** Sets all states to 0. @throws {StateError} after `dispose()`, or where the processor is no more */
  async reset(): Promise<void> {
    await this.#link.call({ kind: 'reset' });
  }

  /** Ends it: the node is silent from then on. Settles once the audio thread has let go of the model's memory. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    void this.dispose();
  }

  /** As `dispose`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #end(): Promise<void> {
    this.node.disconnect();
    // a processor that is no more holds nothing
    await this.#link.call({ kind: 'end' }).catch(() => {});
    this.#link.close(new StateError('the AudioModel was disposed'));
  }
}

/** @throws {ArgumentError} more channels than a node has */
function channels(which: string, batch: number, size: number): number {
  const count = batch * size;
  if (count > MAX_CHANNELS) {
    const many = new Verbatim(`${count} channels ${which}: ${batch} row${batch === 1 ? '' : 's'} of ${size}`);
    throw new ArgumentError(
      batch === 1 ? 'model' : 'batch',
      `at most ${MAX_CHANNELS} channels of an audio node`,
      many,
    );
  }
  return count;
}
