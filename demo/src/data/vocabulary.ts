/** Stands for halves of characters beyond U+FFFF. */
const OTHER = '\uFFFD';

/** The characters of a text, in order, and its indices among them. */
export class Vocabulary {
  readonly characters: readonly string[];
  readonly #index = new Int32Array(65_536).fill(-1);

  constructor(characters: readonly string[]) {
    this.characters = characters;
    for (const [i, c] of characters.entries()) this.#index[c.charCodeAt(0)] = i;
  }

  static of(text: string): Vocabulary {
    const seen = new Uint8Array(65_536);
    for (let i = 0; i < text.length; i++) seen[unit(text, i)] = 1;
    return new Vocabulary(
      [...seen.keys()].filter((code) => seen[code]).map((code) => String.fromCharCode(code)),
    );
  }

  /** Indices of a text; characters that are not in the vocabulary are left out. */
  encode(text: string): Int32Array<ArrayBuffer> {
    const out = new Int32Array(text.length);
    let n = 0;
    for (let i = 0; i < text.length; i++) {
      const index = this.#index[unit(text, i)]!;
      if (index >= 0) out[n++] = index;
    }
    return out.slice(0, n);
  }

  decode(indices: Int32Array): string[] {
    return Array.from(indices, (index) => this.characters[index]!);
  }
}

function unit(text: string, i: number): number {
  const code = text.charCodeAt(i);
  return code >= 0xd800 && code < 0xe000 ? OTHER.charCodeAt(0) : code;
}
