import { integer, options } from '../check.ts';
import { ArgumentError, FeatureError, StateError, Words } from '../errors.ts';
import type { Sequential } from '../model/core/sequential.ts';
import { type Message, PROCESSOR, type Setup } from './messages.ts';
import { packModel } from './parcel.ts';

/** What `AudioModel.create` takes beside context and model. */
export interface AudioModelOptions {
  /** Rows with states of their own, one after the other in the channels: 2 for a mono model on stereo. Default 1. */
  readonly batch?: number;
  /** Where the processor is, if a bundler does not find it: a copy of unrolled/audio/processor, one file. */
  readonly processor?: string | URL;
  /** Of the AudioWorkletNode, over those that follow from the model. */
  readonly node?: AudioWorkletNodeOptions;
}

/**
 * A model in an AudioWorklet: batch · inputSize channels in, batch · outputSize out, a step a sample, in blocks of 128
 * with the states kept. It has the parameters and the kernels that the model had when it was made.
 */
export class AudioModel {
  /** To be connected. */
  readonly node: AudioWorkletNode;
  /** Settles once the model is there. @throws {StateError} where it can't be made */
  readonly ready: Promise<void>;

  private constructor(node: AudioWorkletNode) {
    this.node = node;
    this.ready = new Promise((resolve, reject) => {
      node.port.onmessage = () => resolve();
      node.onprocessorerror = () => reject(new StateError('the processor of the AudioWorklet failed'));
    });
    // who does not ask does not hear of it here, but by the node's event
    this.ready.catch(() => {});
  }

  /**
   * @throws {ArgumentError} a model that takes indices, a batch below 1, an unknown option
   * @throws {FeatureError} a context without AudioWorklet, as in a page that is not served securely
   * @throws {StateError} before `init()`
   */
  static async create(
    context: BaseAudioContext,
    model: Sequential,
    opts?: AudioModelOptions,
  ): Promise<AudioModel> {
    const given = options('AudioModel', opts, ['batch', 'processor', 'node']);
    const batch = integer('batch', given.batch ?? 1, 1);
    const { input, outputSize } = model.network;
    if (input.kind !== 'features') {
      throw new ArgumentError('model', 'one that takes features', new Words('one that takes indices'));
    }
    const setup: Setup = { parcel: packModel(model), batch };
    if (!context.audioWorklet) throw new FeatureError('this context has no AudioWorklet');
    // bundlers look for these very words
    await context.audioWorklet.addModule(given.processor ?? new URL('./processor.js', import.meta.url));
    const node = new AudioWorkletNode(context, PROCESSOR, {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      channelCount: batch * input.size,
      channelCountMode: 'explicit',
      outputChannelCount: [batch * outputSize],
      ...given.node,
      processorOptions: setup,
    });
    return new AudioModel(node);
  }

  /** Gives it the parameters of a model of the same layers, as they are now. Its states stay. */
  load(model: Sequential): void {
    this.#post({ kind: 'load', parameters: model.stateDict() });
  }

  /** Sets all states to 0. */
  reset(): void {
    this.#post({ kind: 'reset' });
  }

  /** Ends it; the node is silent from then on. */
  dispose(): void {
    this.#post({ kind: 'end' });
    this.node.disconnect();
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #post(message: Message): void {
    this.node.port.postMessage(message);
  }
}
