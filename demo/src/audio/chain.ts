import { AudioModel } from 'unrolled/audio';
import { init, Sequential } from 'unrolled/inference';
import amp from './amp.safetensors?url';

/** Samples per second, as in the recordings that the amplifier was trained on. */
export const RATE = 48_000;
/** Seconds over which a change is spread, so that it does not click. */
const SMOOTH = 0.015;
/** Longest that a browser takes to begin, in ms: where there is no device to play on, it waits for ever. */
const PATIENCE_MS = 10_000;

export type Heard = 'before' | 'after';

/** Sound through the amplifier in an AudioWorklet: what goes in and what comes out can be looked at, and either is heard. */
export class Chain {
  readonly context: AudioContext;
  readonly #input: GainNode;
  readonly #audio: AudioModel;
  readonly #knob: ConstantSourceNode;
  readonly #gains: Readonly<Record<Heard, GainNode>>;
  readonly #levels: Readonly<Record<Heard, AnalyserNode>>;
  readonly #samples = new Float32Array(2048);
  #source: AudioScheduledSourceNode | undefined;
  #microphone: MediaStream | undefined;
  #began = 0;

  private constructor(context: AudioContext, audio: AudioModel) {
    this.context = context;
    this.#audio = audio;
    this.#input = new GainNode(context, { channelCount: 1, channelCountMode: 'explicit' });
    this.#knob = new ConstantSourceNode(context, { offset: 0 });
    this.#knob.start();
    const merger = new ChannelMergerNode(context, { numberOfInputs: 2 });
    this.#input.connect(merger, 0, 0);
    this.#knob.connect(merger, 0, 1);
    merger.connect(audio.node);
    const gain = () => new GainNode(context, { gain: 0 });
    const level = () => new AnalyserNode(context, { fftSize: this.#samples.length });
    this.#gains = { before: gain(), after: gain() };
    this.#levels = { before: level(), after: level() };
    for (const [name, from] of [
      ['before', this.#input],
      ['after', audio.node],
    ] as const) {
      from.connect(this.#levels[name]);
      from.connect(this.#gains[name]).connect(context.destination);
    }
  }

  /** @throws where the browser has no AudioWorklet or gives no sound */
  static async create(): Promise<Chain> {
    const context = new AudioContext({ sampleRate: RATE });
    try {
      await init({ kernels: 'simd' });
      const model = Sequential.load(await (await fetch(amp)).arrayBuffer());
      const audio = await AudioModel.create(context, model);
      model.dispose();
      await answered(Promise.all([context.resume(), audio.ready]));
      return new Chain(context, audio);
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  /** Plays a sample again and again. */
  async play(samples: Float32Array<ArrayBuffer>): Promise<void> {
    this.stop();
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: RATE });
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(this.context, { buffer, loop: true });
    await this.#begin(source);
    source.start();
    this.#source = source;
    this.#began = this.context.currentTime;
  }

  /** @throws {DOMException} where the person or the browser refuses */
  async listen(): Promise<void> {
    this.stop();
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    this.#microphone = await navigator.mediaDevices.getUserMedia({ audio: plain });
    await this.#begin(new MediaStreamAudioSourceNode(this.context, { mediaStream: this.#microphone }));
  }

  async #begin(source: AudioNode): Promise<void> {
    await answered(Promise.all([this.context.resume(), this.#audio.reset()]));
    source.connect(this.#input);
  }

  /** Part of the sample that has been played, 0..1. */
  progress(seconds: number): number {
    return ((this.context.currentTime - this.#began) % seconds) / seconds;
  }

  set drive(drive: number) {
    this.#knob.offset.setTargetAtTime(drive, this.context.currentTime, SMOOTH);
  }

  set heard(heard: Heard) {
    for (const [name, { gain }] of Object.entries(this.#gains))
      gain.setTargetAtTime(name === heard ? 0.8 : 0, this.context.currentTime, SMOOTH);
  }

  /** The largest sample of the last 43 ms. */
  level(of: Heard): number {
    this.#levels[of].getFloatTimeDomainData(this.#samples);
    return this.#samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  }

  /** Silence: the microphone is given back, and the audio thread rests. */
  stop(): void {
    this.#source?.stop();
    this.#source?.disconnect();
    this.#source = undefined;
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
    this.#microphone = undefined;
    void this.context.suspend();
  }
}

/** @throws {Error} where the audio thread does not answer */
async function answered(promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const why = 'this browser gives no sound. Is there a device to play it on?';
    timer = setTimeout(() => reject(new Error(why)), PATIENCE_MS);
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
