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
/** Notes at most, where the model does not end. */
const LENGTH = 64;

const all = Object.values(tunes).map(parse);
const scale = new Scale(all);
/** One after the other. */
const corpus = Int32Array.from(all.flatMap((tune) => scale.encode(tune)));

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

  async write(
    { trainer }: Session,
    temperature: number,
    seed: number,
  ): Promise<{ notes: Note[]; confidence: Float32Array }> {
    const options = { prompt: Int32Array.of(0), length: LENGTH, temperature, seed };
    const { tokens, confidence } = await trainer.run<Written>('write', options);
    return { notes: scale.decode(tokens), confidence };
  }
}
