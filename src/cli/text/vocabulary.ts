import { CliError } from '../failure.ts';

/** The characters (Unicode code points) of a training text, sorted by code point. */
export class Vocabulary {
  readonly characters: readonly string[];
  readonly #index: ReadonlyMap<string, number>;

  private constructor(characters: readonly string[]) {
    this.characters = characters;
    this.#index = new Map(characters.map((c, i) => [c, i]));
  }

  /** The vocabulary of a non-empty text. */
  static of(text: string): Vocabulary {
    const sorted = [...new Set(text)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
    return new Vocabulary(sorted);
  }

  /** Parses the result of `toString`. @throws {CliError} if it is anything else */
  static parse(text: string): Vocabulary {
    const vocabulary = Vocabulary.of(text);
    if (text === '' || vocabulary.toString() !== text) {
      throw new CliError('its vocabulary is not a sorted list of characters');
    }
    return vocabulary;
  }

  get size(): number {
    return this.characters.length;
  }

  /** Converts text to indices. @throws {CliError} if a character is not in the vocabulary */
  encode(text: string): Int32Array {
    const out = new Int32Array(text.length);
    let n = 0;
    for (const c of text) {
      const index = this.#index.get(c);
      if (index === undefined) {
        const code = c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
        throw new CliError(`the character ${JSON.stringify(c)} (U+${code}) is not in the model's vocabulary`);
      }
      out[n++] = index;
    }
    return out.subarray(0, n);
  }

  toString(): string {
    return this.characters.join('');
  }
}
