import type { Note } from '../../data/notes.ts';

/** Seconds before the first note, for the audio thread to be ready. */
const LEAD = 0.08;

/** Plays notes through Web Audio, one at a time, and tells which. */
export class Player {
  #context: AudioContext | undefined;
  #out: GainNode | undefined;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #ended: () => void = () => {};

  /** `tempo`: quarters a minute. Resolves when it has ended, or was stopped. @throws where the browser gives no sound */
  play(notes: readonly Note[], tempo: number, at: (index: number) => void): Promise<void> {
    this.stop();
    return new Promise((resolve, reject) => {
      this.#ended = resolve;
      this.#begin(notes, tempo, at, () => this.#ended === resolve).catch(reject);
    });
  }

  async #begin(
    notes: readonly Note[],
    tempo: number,
    at: (index: number) => void,
    wanted: () => boolean,
  ): Promise<void> {
    this.#context ??= new AudioContext();
    const context = this.#context;
    // may wait for a click, and be stopped meanwhile
    await context.resume();
    if (!wanted()) return;
    const out = new GainNode(context);
    out.connect(context.destination);
    this.#out = out;
    const beat = 60 / tempo;
    const begin = context.currentTime + LEAD;
    let time = begin;
    for (const [i, { pitch, length }] of notes.entries()) {
      if (pitch) pluck(out, 440 * 2 ** ((pitch - 69) / 12), time, length * beat);
      this.#later(time - begin + LEAD, () => at(i));
      time += length * beat;
    }
    this.#later(time - begin + LEAD, () => this.stop());
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#out?.disconnect();
    this.#out = undefined;
    this.#ended();
    this.#ended = () => {};
  }

  #later(seconds: number, call: () => void): void {
    this.#timers.push(setTimeout(call, 1000 * seconds));
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
