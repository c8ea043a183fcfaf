import { type LongText, partsOf } from './slices.ts';

/** Stands for halves of characters beyond U+FFFF. */
const OTHER = '\uFFFD';

/** As small as the vocabulary allows: a text of 20 MB is copied, moved and kept. */
export type Indices = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** The characters of a text, in order, and its indices among them. */
export class Vocabulary {
  readonly characters: readonly string[];
  readonly #index = new Int32Array(65_536).fill(-1);

  constructor(characters: readonly string[]) {
    this.characters = characters;
    for (const [i, c] of characters.entries()) this.#index[c.charCodeAt(0)] = i;
  }

  /** That of a text, and how many characters the text has. */
  static async of(text: LongText): Promise<{ vocabulary: Vocabulary; length: number }> {
    const seen = new Uint8Array(65_536);
    let length = 0;
    for await (const part of partsOf(text)) {
      for (let i = 0; i < part.length; i++) seen[unit(part, i)] = 1;
      length += part.length;
    }
    const codes = [...seen.keys()].filter((code) => seen[code]);
    return { vocabulary: new Vocabulary(codes.map((code) => String.fromCharCode(code))), length };
  }

  /** Indices of a text with this many characters, all in the vocabulary. */
  async indicesOf(text: LongText, length: number): Promise<Indices> {
    const out = this.characters.length > 256 ? new Uint16Array(length) : new Uint8Array(length);
    let at = 0;
    for await (const part of partsOf(text)) {
      for (let i = 0; i < part.length; i++) out[at++] = this.#index[unit(part, i)]!;
    }
    return out;
  }

  /** Indices of a short text; characters that are not in the vocabulary are left out. */
  encode(text: string): Int32Array<ArrayBuffer> {
    return Int32Array.from(
      Array.from({ length: text.length }, (_, i) => this.#index[unit(text, i)]!).filter(
        (index) => index >= 0,
      ),
    );
  }

  decode(indices: Int32Array): string[] {
    return Array.from(indices, (index) => this.characters[index]!);
  }
}

function unit(text: string, i: number): number {
  const code = text.charCodeAt(i);
  return code >= 0xd800 && code < 0xe000 ? OTHER.charCodeAt(0) : code;
}
