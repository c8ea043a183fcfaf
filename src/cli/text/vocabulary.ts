import { CliError } from '../failure.ts';

/** The characters (Unicode code points) a model knows, in the order of their code points; all that occur in its text. */
export class Vocabulary {
  readonly characters: readonly string[];
  readonly #index: ReadonlyMap<string, number>;

  private constructor(characters: readonly string[]) {
    this.characters = characters;
    this.#index = new Map(characters.map((c, i) => [c, i]));
  }

  /** Of a text that is not empty. */
  static of(text: string): Vocabulary {
    const sorted = [...new Set(text)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
    return new Vocabulary(sorted);
  }

  /** What `toString` gave. @throws {CliError} anything else */
  static parse(text: string): Vocabulary {
    const vocabulary = Vocabulary.of(text);
    if (text === '' || vocabulary.toString() !== text) {
      throw new CliError('its vocabulary is no list of characters in order');
    }
    return vocabulary;
  }

  get size(): number {
    return this.characters.length;
  }

  /** Indices of a text. @throws {CliError} naming a character that is not in the vocabulary */
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
