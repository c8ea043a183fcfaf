import type { Flow } from 'unrolled';
import { load } from '../../data/texts.ts';
import { type Indices, Vocabulary } from '../../data/vocabulary.ts';
import type { Shape } from '../../train/model.ts';
import { Session } from '../../train/session.ts';
import type { WriteOptions, Written } from '../../train/write.ts';
import type { TextSettings } from './settings.ts';

/** Targets that do not count. */
const IGNORED = -100;
/** B: texts read side by side. */
const BATCH = 16;
const EMBEDDING = 32;
/** RNNs diverge at the rate at which gated cells learn fastest. */
const RATES: Readonly<Record<string, number>> = { RNN: 4e-3 };
const RATE = 1e-2;

/** A text, and the model that learns it. */
export class TextTask {
  readonly vocabulary: Vocabulary;
  readonly shape: Shape;
  readonly #indices: Indices;
  readonly #settings: TextSettings;

  private constructor(settings: TextSettings, known: Vocabulary, indices: Indices) {
    this.vocabulary = known;
    this.#indices = indices;
    this.#settings = settings;
    const { cell, hidden, layers } = settings;
    const vocabulary = known.characters.length;
    this.shape = { cell, hidden, layers, input: { vocabulary, embedding: EMBEDDING }, outputs: vocabulary };
  }

  /** @throws {Error} a text that is too short @throws {NotLoaded} */
  static async of(settings: TextSettings): Promise<TextTask> {
    const { source, own } = settings;
    const text = source === 'own' ? own : await load(source);
    const { vocabulary, length } = await Vocabulary.of(text);
    const least = 4 * settings.sequence;
    if (length < least) {
      throw new Error(`${length} characters, and ${least} are needed for sequences of ${settings.sequence}`);
    }
    return new TextTask(settings, vocabulary, await vocabulary.indicesOf(text, length));
  }

  open(signal: AbortSignal, checkpoint?: Uint8Array): Promise<Session> {
    const { cell, sequence, updates } = this.#settings;
    return Session.open(checkpoint ?? this.shape, {
      trainer: {
        loss: { name: 'crossEntropy', ignoreIndex: IGNORED },
        optimizer: { name: 'adamw', lr: RATES[cell] ?? RATE },
        carryState: true,
      },
      updates,
      source: (left) => ({
        data: this.#indices.slice(),
        stepsPerSequence: sequence,
        batch: BATCH,
        updates: left,
      }),
      signal,
    });
  }

  write({ trainer }: Session, options: Omit<WriteOptions, 'prompt'> & { prompt: string }): Promise<Written> {
    const known = this.vocabulary.encode(options.prompt);
    const prompt = known.length ? known : Int32Array.from(this.#indices.subarray(0, 1));
    return trainer.run('write', { ...options, prompt, shape: this.shape });
  }

  /**
   * How the gradient goes back through a batch, `of` tells which. Only the last step's loss counts, so that what reaches
   * an early step came through the recurrence.
   */
  reach({ trainer }: Session, of: number): Promise<Flow> {
    const { sequence } = this.#settings;
    const shape = [sequence, BATCH];
    const tokens = Int32Array.from({ length: (sequence + 1) * BATCH }, (_, i) => {
      const from = Math.floor(((i % BATCH) * this.#indices.length) / BATCH);
      return this.#indices[(from + of * sequence + Math.floor(i / BATCH)) % this.#indices.length]!;
    });
    const y = tokens.slice(BATCH).fill(IGNORED, 0, (sequence - 1) * BATCH);
    return trainer.flow({ data: tokens.slice(0, sequence * BATCH), shape }, { data: y, shape });
  }
}
