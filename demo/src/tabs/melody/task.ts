import { type Note, parse, Scale } from '../../data/notes.ts';
import { tunes } from '../../data/tunes.ts';
import type { Shape } from '../../train/model.ts';
import { Session } from '../../train/session.ts';
import type { Written } from '../../train/write.ts';

export interface MelodySettings {
  readonly cell: string;
  readonly hidden: number;
  readonly updates: number;
}

const STEPS = 32;
const BATCH = 8;
/** Notes at most, where the model does not end, and quarters of all of them. */
const LENGTH = 64;
export const QUARTERS = 64;

const all = Object.values(tunes).map(parse);
const scale = new Scale(all);
/** One after the other. */
const corpus = Int32Array.from(all.flatMap((tune) => scale.encode(tune)));

/** Every pitch of the tunes. */
export const pitches: readonly number[] = [...new Set(scale.notes.map(({ pitch }) => pitch))].filter(Boolean);

/** The first notes that fit. */
export function fitting(notes: readonly Note[]): Note[] {
  let quarters = 0;
  return notes.filter(({ length }) => (quarters += length) <= QUARTERS);
}

/** A note as it is drawn. */
export interface Drawn {
  readonly token: number;
  readonly note: Note;
  readonly confidence: number;
}

/** The tunes, and the model that learns them. */
export class MelodyTask {
  readonly #settings: MelodySettings;

  constructor(settings: MelodySettings) {
    this.#settings = settings;
  }

  open(signal: AbortSignal, checkpoint?: Uint8Array): Promise<Session> {
    const { cell, hidden, updates } = this.#settings;
    const input = { vocabulary: scale.size, embedding: 16 };
    const shape: Shape = { cell, hidden, layers: 1, input, outputs: scale.size };
    return Session.open(checkpoint ?? shape, {
      trainer: {
        loss: 'crossEntropy',
        optimizer: { name: 'adamw', lr: 5e-3 },
        carryState: true,
      },
      updates,
      source: (left) => ({ data: corpus.slice(), stepsPerSequence: STEPS, batch: BATCH, updates: left }),
      signal,
    });
  }

  /** A whole melody. */
  async write(
    { trainer }: Session,
    temperature: number,
    seed: number,
  ): Promise<{ notes: Note[]; confidence: Float32Array }> {
    const prompt = Int32Array.of(0);
    const { tokens, confidence } = await trainer.run<Written>('write', {
      ...{ prompt, length: LENGTH, temperature, seed },
    });
    return { notes: fitting(scale.decode(tokens)), confidence };
  }

  /** The note after others, by the weights as they are now; none where the melody ends. */
  async next(
    { trainer }: Session,
    before: readonly Drawn[],
    temperature: number,
    seed: number,
  ): Promise<Drawn | undefined> {
    const prompt = Int32Array.of(0, ...before.map(({ token }) => token));
    const { tokens, confidence } = await trainer.run<Written>('write', {
      ...{ prompt, length: 1, temperature, seed },
    });
    const [note] = scale.decode(tokens);
    const all = [...before.map((drawn) => drawn.note), ...(note ? [note] : [])];
    if (!note || all.length > LENGTH || fitting(all).length < all.length) return undefined;
    return { token: tokens[0]!, note, confidence: confidence[0]! };
  }
}
