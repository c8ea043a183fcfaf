import { integers } from '../allocate.ts';
import { ArgumentError, FormatError } from '../errors.ts';
import { hasLoneSurrogate } from '../io/safetensors-header.ts';
import { decoded } from './decoded.ts';
import { metadataText } from './readMetadata.ts';

/** The metadata key of a character vocabulary in a saved model. */
const KEY = 'vocabulary';

/**
 * The characters (Unicode code points) of a training text, sorted by code point; index i is character i. In a saved
 * model it is the metadata `vocabulary`: its characters as one string.
 */
export class CharacterVocabulary {
  /** The characters by index. */
  readonly characters: readonly string[];
  readonly #index: ReadonlyMap<string, number>;

  /** The vocabulary of a text. @throws {ArgumentError} if it is not Unicode text or is empty */
  constructor(text: string) {
    if (typeof text !== 'string' || text === '' || hasLoneSurrogate(text))
      throw new ArgumentError('text', 'a Unicode text', text);
    this.characters = [...new Set(text)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
    this.#index = new Map(this.characters.map((c, i) => [c, i]));
  }

  /**
   * Reads it from a saved model's metadata.
   * @throws {FormatError} if there is none, or it is not a sorted list of characters
   */
  static fromMetadata(metadata: Readonly<Record<string, string>>): CharacterVocabulary {
    const text = metadataText(metadata, KEY);
    const vocabulary = text === '' || hasLoneSurrogate(text) ? undefined : new CharacterVocabulary(text);
    if (vocabulary?.toString() !== text)
      throw new FormatError(`metadata: '${KEY}' is not a sorted list of characters`);
    return vocabulary;
  }

  /** Metadata for `model.save`. */
  toMetadata(): Record<string, string> {
    return { [KEY]: this.toString() };
  }

  /** Number of characters. */
  get size(): number {
    return this.characters.length;
  }

  /** The indices of a text's characters. @throws {ArgumentError} if a character is not in the vocabulary */
  encode(text: string): Int32Array<ArrayBuffer> {
    if (typeof text !== 'string') throw new ArgumentError('text', 'a string', text);
    const out = integers(text.length);
    let n = 0;
    for (const c of text) {
      const index = this.#index.get(c);
      if (index === undefined) {
        const code = c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
        throw new ArgumentError(`text[${n}]`, '', c, {
          message: `the character ${JSON.stringify(c)} (U+${code}) is not in the vocabulary`,
        });
      }
      out[n++] = index;
    }
    return n === out.length ? out : out.slice(0, n);
  }

  /** The text of some indices. @throws {ArgumentError} if an index is outside 0..size−1 */
  decode(indices: ArrayLike<number>): string {
    return decoded(indices, this.characters).join('');
  }

  /** The characters as one string. */
  toString(): string {
    return this.characters.join('');
  }
}
