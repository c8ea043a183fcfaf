import type { Note } from '../../data/notes.ts';

/** Seconds before a note, for the audio thread to be ready. */
const LEAD = 0.08;

/** Plays notes through Web Audio, one after the other. */
export class Player {
  #context: AudioContext | undefined;
  #out: GainNode | undefined;
  #timers: ReturnType<typeof setTimeout>[] = [];
  /** When the last note ends, by the clock of the context. */
  #end = 0;

  /** @throws where the browser gives no sound */
  async start(): Promise<void> {
    this.stop();
    this.#context ??= new AudioContext();
    // may wait for a click
    await this.#context.resume();
    this.#out = new GainNode(this.#context);
    this.#out.connect(this.#context.destination);
    this.#end = 0;
  }

  /** Seconds until the last note ends. */
  get ahead(): number {
    return this.#context ? Math.max(0, this.#end - this.#context.currentTime) : 0;
  }

  /** Another note, after those before. `tempo`: quarters a minute. `sounds` is called when it begins. */
  add({ pitch, length }: Note, tempo: number, sounds: () => void): void {
    if (!this.#context || !this.#out) return;
    const now = this.#context.currentTime;
    const begin = Math.max(this.#end, now + LEAD);
    this.#end = begin + (length * 60) / tempo;
    if (pitch) pluck(this.#out, 440 * 2 ** ((pitch - 69) / 12), begin, this.#end - begin);
    this.#timers.push(setTimeout(sounds, 1000 * (begin - now)));
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#out?.disconnect();
    this.#out = undefined;
  }
}

/** A triangle wave that fades, as a plucked string does. */
function pluck(out: AudioNode, frequency: number, start: number, seconds: number): void {
  const { context } = out;
  const voice = new OscillatorNode(context, { type: 'triangle', frequency });
  const envelope = new GainNode(context, { gain: 0 });
  envelope.gain
    .setValueAtTime(0, start)
    .linearRampToValueAtTime(0.35, start + 0.012)
    .exponentialRampToValueAtTime(0.06, start + seconds * 0.9)
    .linearRampToValueAtTime(0, start + seconds);
  voice.connect(envelope).connect(out);
  voice.start(start);
  voice.stop(start + seconds);
}
