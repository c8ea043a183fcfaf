import { integers } from '../allocate.ts';
import { boolean, integer, type Names, options } from '../check.ts';
import { ArgumentError, FormatError, reading } from '../errors.ts';
import { decoded } from './decoded.ts';
import { readMetadata } from './readMetadata.ts';
import { iterable } from './shuffle.ts';

/** Options of `WordVocabulary.of`. */
export interface WordVocabularyOptions {
  /** Maximum number of words, the most frequent ones. Default: all. */
  readonly maxWords?: number | undefined;
  /** Minimum number of occurrences. Default 1. */
  readonly minCount?: number | undefined;
  /** Whether texts are converted to lower case. Default true. */
  readonly lowerCase?: boolean | undefined;
}

const OPTIONS: Names<WordVocabularyOptions> = { maxWords: true, minCount: true, lowerCase: true };
const KEY = 'words';
/** Letters with marks, numbers and inner apostrophes; or one other character that is not white space. */
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]/gu;

/**
 * The words of some texts by frequency; index 0 is padding (Keras's `mask_zero`), index 1 stands for unknown words.
 * Punctuation marks are words. In a saved model it is the metadata `words`, as JSON.
 */
export class WordVocabulary {
  /** Index of padding. */
  static readonly PAD = 0;
  /** Index of words that are not in the vocabulary. */
  static readonly UNKNOWN = 1;
  /** The words by index; '' for padding and unknown words. */
  readonly words: readonly string[];
  /** Whether texts are converted to lower case. */
  readonly lowerCase: boolean;
  readonly #index: ReadonlyMap<string, number>;

  private constructor(words: readonly string[], lowerCase: boolean) {
    this.words = ['', '', ...words];
    this.lowerCase = lowerCase;
    this.#index = new Map(words.map((word, i) => [word, i + 2]));
  }

  /**
   * The vocabulary of some texts: words by number of occurrences, then in the order in which they first occur.
   * @throws {ArgumentError} if a text is not a string or an option is out of range
   */
  static of(texts: Iterable<string>, opts?: WordVocabularyOptions): WordVocabulary {
    const given = options('WordVocabulary', opts, OPTIONS);
    const most = integer('maxWords', given.maxWords ?? 2 ** 31 - 3, 1);
    const least = integer('minCount', given.minCount ?? 1, 1);
    const lowerCase = boolean('lowerCase', given.lowerCase ?? true);
    const counts = new Map<string, number>();
    let at = 0;
    reading('texts', texts, () => {
      for (const text of typeof texts === 'string' ? [texts] : iterable('texts', texts)) {
        for (const word of wordsOf(`texts[${at}]`, text, lowerCase))
          counts.set(word, (counts.get(word) ?? 0) + 1);
        at++;
      }
    });
    const kept = [...counts].filter(([, count]) => count >= least).sort((a, b) => b[1] - a[1]);
    return new WordVocabulary(
      kept.slice(0, most).map(([word]) => word),
      lowerCase,
    );
  }

  /**
   * Reads it from a saved model's metadata.
   * @throws {FormatError} if there is none, or it is not a list of different words
   */
  static fromMetadata(metadata: Readonly<Record<string, string>>): WordVocabulary {
    const { words, lowerCase } = readMetadata(metadata, KEY);
    const isList = Array.isArray(words) && words.every((word) => typeof word === 'string' && word !== '');
    if (!isList || new Set(words).size !== words.length || typeof lowerCase !== 'boolean')
      throw new FormatError(`metadata: '${KEY}' is not a list of different words`);
    return new WordVocabulary(words, lowerCase);
  }

  /** Metadata for `model.save`. */
  toMetadata(): Record<string, string> {
    return { [KEY]: JSON.stringify({ lowerCase: this.lowerCase, words: this.words.slice(2) }) };
  }

  /** Number of indices, including padding and unknown words. */
  get size(): number {
    return this.words.length;
  }

  /** The indices of a text's words; 1 for unknown ones. @throws {ArgumentError} if it is not a string */
  encode(text: string): Int32Array<ArrayBuffer> {
    const words = wordsOf('text', text, this.lowerCase);
    const out = integers(words.length);
    for (const [i, word] of words.entries()) out[i] = this.#index.get(word) ?? WordVocabulary.UNKNOWN;
    return out;
  }

  /**
   * The words of some indices: '' for padding and unknown words.
   * @throws {ArgumentError} if an index is outside 0..size−1
   */
  decode(indices: ArrayLike<number>): string[] {
    return decoded(indices, this.words);
  }
}

function wordsOf(name: string, text: unknown, lowerCase: boolean): string[] {
  if (typeof text !== 'string') throw new ArgumentError(name, 'a string', text);
  return (lowerCase ? text.toLowerCase() : text).match(WORD) ?? [];
}
