import { integer, options, record } from '../check.ts';
import { ArgumentError, FeatureError, reading, StateError, Verbatim } from '../errors.ts';
import { addProcessor } from './addProcessor.ts';
import { type AudioSource, featuresOf } from './features.ts';
import { PROCESSOR, type Setup } from './messages.ts';
import { packModel, parametersOf, planesOf } from './packedModel.ts';
import { ProcessorLink } from './processorLink.ts';

/** Options of `AudioModel.create`. */
export interface AudioModelOptions {
  /**
   * Number of independent rows, laid out one after the other in the channels: 2 for a mono model on stereo. Default
   * 1.
   */
  readonly batch?: number | undefined;
  /** URL of the processor if the bundler does not find it: a copy of the file unrolled/audio/processor. */
  readonly processor?: string | URL | undefined;
  /** Options of the AudioWorkletNode; they override those derived from the model. */
  readonly node?: AudioWorkletNodeOptions | undefined;
}

/** Maximum number of channels per node in Chromium, Firefox and WebKit. */
const MAX_CHANNELS = 32;

/**
 * Runs a model in an AudioWorklet: batch · inputSize channels in, batch · outputSize channels out, one step per
 * sample. States are kept between blocks of 128 samples. It uses a copy of the model's parameters and kernels.
 *
 * The audio thread answers calls in order. A suspended context may not answer until it is resumed.
 */
export class AudioModel {
  /** The node to connect. */
  readonly node: AudioWorkletNode;
  /**
   * Resolves when the model is loaded.
   *
   * @throws {MemoryError} if the audio thread can't allocate memory
   * @throws {StateError} if the processor fails or the context is closed
   */
  readonly ready: Promise<void>;
  readonly #link: ProcessorLink;
  readonly #planes: string;
  #disposed: Promise<void> | undefined;

  private constructor(node: AudioWorkletNode, planes: string) {
    this.node = node;
    this.#planes = planes;
    this.#link = new ProcessorLink(node);
    this.ready = this.#link.ready;
    // no unhandled rejection: load and reset reject, too
    this.ready.catch(() => {});
  }

  /**
   * @throws {ArgumentError} if the model's input is indices, it has several inputs or outputs, batch is below 1, there are more than 32 channels, an
   * option is unknown, or the context is not one
   * @throws {FeatureError} if the context has no AudioWorklet, as in a page that is not served over HTTPS
   * @throws {StateError} before `init()`, if the context is closed, or if the processor can't be loaded or is another
   */
  static async create(
    context: BaseAudioContext,
    model: AudioSource,
    opts?: AudioModelOptions,
  ): Promise<AudioModel> {
    const given = options('AudioModel', opts, { batch: true, processor: true, node: true });
    const batch = integer('batch', given.batch ?? 1, 1);
    const { inputSize, outputSize } = featuresOf(model);
    const node = {
      numberOfInputs: 1,
      channelCount: channels('in', batch, inputSize),
      channelCountMode: 'explicit' as const,
      ...nodeOptions(given.node),
      // required by the processor
      numberOfOutputs: 1,
      outputChannelCount: [channels('out', batch, outputSize)],
      processorOptions: { model: packModel(model), batch } satisfies Setup,
    };
    checkContext(context);
    await addProcessor(context, given.processor);
    try {
      return new AudioModel(new AudioWorkletNode(context, PROCESSOR, node), planesOf(model));
    } catch (error) {
      throw notMade(error, context, given.node);
    }
  }

  /** How often the states of a row were reset because a state or an output was NaN or infinite, as last reported. */
  get resets(): number {
    return this.#link.resets;
  }

  /**
   * Loads the current parameters of a model with the same layers, quantized alike. States are kept. Resolves when the parameters are
   * in use.
   *
   * @throws {ArgumentError | ShapeError} if the parameters or planes do not match; the current ones are kept
   * @throws {StateError} after `dispose()` or if the processor has ended
   */
  async load(model: AudioSource): Promise<void> {
    featuresOf(model);
    const planes = planesOf(model);
    if (planes !== this.#planes)
      throw new ArgumentError('model', kindOf(this.#planes), new Verbatim(kindOf(planes)));
    await this.#link.call({ kind: 'load', parameters: parametersOf(model) });
  }

  /** Sets all states to those that streams start from: zeros, unless the model has others. @throws {StateError} after `dispose()` or if the processor has ended */
  async reset(): Promise<void> {
    await this.#link.call({ kind: 'reset' });
  }

  /** Disconnects and silences the node. Resolves when the audio thread has freed the model's memory. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    void this.dispose();
  }

  /** Same as `dispose`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #end(): Promise<void> {
    this.node.disconnect();
    // a processor that has ended holds no memory
    await this.#link.call({ kind: 'end' }).catch(() => {});
    this.#link.close(new StateError('the AudioModel was disposed'));
  }
}

/** A copy of a user's options of the node. @throws {ArgumentError} if they are not an object, or channels are not 1 to 32 */
function nodeOptions(given: AudioWorkletNodeOptions = {}): AudioWorkletNodeOptions {
  const copy = record('node', given, 'an object of options');
  // Chromium 156 ends the page for others, where outputChannelCount is given
  if (copy.channelCount === undefined) delete copy.channelCount;
  else integer('node.channelCount', copy.channelCount, 1, MAX_CHANNELS);
  return copy;
}

/**
 * @throws {ArgumentError} if it is no context
 * @throws {FeatureError} if it has no AudioWorklet
 * @throws {StateError} if it is closed
 */
function checkContext(context: BaseAudioContext): void {
  reading('context', context, () => {
    if (typeof context?.currentTime !== 'number')
      throw new ArgumentError('context', 'an AudioContext or an OfflineAudioContext', context);
    if (!context.audioWorklet) throw new FeatureError('this context has no AudioWorklet');
    if (context.state === 'closed') throw new StateError('the AudioContext is closed');
  });
}

/** Why a browser refused a node. */
function notMade(cause: unknown, context: unknown, node: unknown): Error {
  if ((cause as Error).name === 'InvalidStateError') {
    const text = `the processor that was loaded does not register '${PROCESSOR}'`;
    return new StateError(`AudioModel: ${text}: is it a copy of unrolled/audio/processor?`, { cause });
  }
  if (node === undefined)
    return new ArgumentError('context', "a context of the browser's own", context, { cause });
  return new ArgumentError('node', 'options of an AudioWorkletNode', node, { cause });
}

function kindOf(planes: string): string {
  return planes ? `a model quantized with planes ${planes.match(/\d/)}` : 'a float32 model';
}

/** @throws {ArgumentError} if there are more channels than a node supports */
function channels(which: string, batch: number, size: number): number {
  const count = batch * size;
  if (count > MAX_CHANNELS) {
    const many = new Verbatim(`${count} channels ${which}: ${batch} row${batch === 1 ? '' : 's'} of ${size}`);
    throw new ArgumentError(
      batch === 1 ? 'model' : 'batch',
      `at most ${MAX_CHANNELS} channels per audio node`,
      many,
    );
  }
  return count;
}
