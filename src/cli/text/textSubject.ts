import { createHash } from 'node:crypto';
import { Lanes } from '../../data/lanes.ts';
import { crossEntropy, Dropout, Embedding, type Layer, Linear } from '../../index.ts';
import { CliError } from '../failure.ts';
import { count, plural } from '../show.ts';
import { makeRecurrent, type Settings } from '../train/settings.ts';
import type { Source, Subject } from '../train/subject.ts';
import { Vocabulary } from './vocabulary.ts';

/** A text, learned character by character. */
export class TextSubject implements Subject {
  readonly kind = 'text';
  readonly source: Source;
  readonly loss = crossEntropy;
  readonly vocabulary: Vocabulary;
  readonly #tokens: Int32Array;

  /** @throws {CliError} if a character is not in the given vocabulary. Default: that of the text */
  constructor(text: string, vocabulary = new Vocabulary(text)) {
    this.vocabulary = vocabulary;
    this.#tokens = vocabulary.encode(text);
    this.source = {
      sha256: createHash('sha256').update(text, 'utf8').digest('hex'),
      size: this.#tokens.length,
    };
  }

  get metadata(): Record<string, string> {
    return this.vocabulary.toMetadata();
  }

  /** Embedding, recurrent layers, dropout if not 0, and a Linear layer to one logit per character. */
  makeLayers(settings: Settings): Layer[] {
    const { embed, hidden, dropout } = settings;
    const { size } = this.vocabulary;
    return [
      new Embedding(size, embed),
      makeRecurrent(settings, embed),
      ...(dropout > 0 ? [new Dropout(dropout)] : []),
      new Linear(hidden, size),
    ];
  }

  batches(steps: number, batch: number): Lanes {
    return new Lanes(this.#tokens, { steps, batch });
  }

  another(text: string): TextSubject {
    if (text === '') throw new CliError('the text is empty');
    return new TextSubject(text, this.vocabulary);
  }

  describe(): string {
    return `${plural(this.source.size, 'character')}, ${count(this.vocabulary.size)} different`;
  }
}
