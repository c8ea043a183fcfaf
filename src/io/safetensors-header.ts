import { FormatError } from '../errors.ts';

/** Entry of one tensor as written; offsets are relative to the start of the data. */
export interface HeaderEntry {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

/**
 * Maximum number of keys of `__metadata__`. Not part of the format: V8 stalls on objects of 2^23 keys, which fit in
 * 100 MB.
 */
export const MAX_METADATA = 100_000;

export interface Header {
  entries: HeaderEntry[];
  /** Without a prototype. */
  metadata: Record<string, string>;
}

export function bad(message: string): FormatError {
  return new FormatError(`safetensors: ${message}`);
}

/** Quotes and truncates `text` for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

/**
 * Parses the JSON text of a safetensors header.
 *
 * The grammar is the header's own, not all of JSON: an object of entries, each of which has exactly the fields
 * `dtype` (string), `shape` and `data_offsets` (arrays of integers), and `__metadata__`, an object of strings.
 * Nesting is bounded, so the parser does not recurse. Keys are compared after unescaping.
 *
 * @throws {FormatError} if the text is anything else
 */
export function parseHeader(text: string): Header {
  const scanner = new Scanner(text);
  const entries: HeaderEntry[] = [];
  const metadata: Record<string, string> = Object.create(null);
  scanner.object('header', (key) => {
    if (key !== '__metadata__') entries.push(readEntry(scanner, key));
    else {
      let count = 0;
      scanner.object(key, (name) => {
        if (++count > MAX_METADATA) throw bad(`${key}: more than ${MAX_METADATA} keys`);
        metadata[name] = scanner.string(`${key} value of ${quote(name)}`);
      });
    }
  });
  scanner.expect('', 'nothing after the header object');
  return { entries, metadata };
}

function readEntry(scanner: Scanner, name: string): HeaderEntry {
  const owner = `tensor ${quote(name)}`;
  const fields: { dtype?: string; shape?: number[]; data_offsets?: number[] } = {};
  scanner.object(owner, (key) => {
    const what = `${key} of ${owner}`;
    if (key === 'dtype') fields[key] = scanner.string(what);
    else if (key === 'shape' || key === 'data_offsets') fields[key] = scanner.integers(what);
    else throw bad(`${owner}: unknown field ${quote(key)}`);
  });
  const { dtype, shape, data_offsets: offsets } = fields;
  if (dtype === undefined || !shape || !offsets) {
    const missing = dtype === undefined ? 'dtype' : shape ? 'data_offsets' : 'shape';
    throw bad(`${owner}: missing field "${missing}"`);
  }
  const [begin, end] = offsets;
  if (offsets.length !== 2) throw bad(`${owner}: data_offsets must be 2 integers, got ${offsets.length}`);
  return { name, dtype, shape, begin: begin!, end: end! };
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Parses an object: `member` is called after each key and colon, and parses the value. */
  object(owner: string, member: (key: string) => void): void {
    this.expect('{', `an object for ${owner}`);
    if (this.#accept('}')) return;
    const seen = new Set<string>();
    do {
      const key = this.string(`a key of ${owner}`);
      if (seen.has(key)) throw bad(`${owner}: duplicate key ${quote(key)}`);
      seen.add(key);
      this.expect(':', `":" after ${quote(key)}`);
      member(key);
    } while (this.#accept(','));
    this.expect('}', `"," or "}" in ${owner}`);
  }

  string(what: string): string {
    const expected = `a string for ${what}`;
    this.expect('"', expected);
    const start = this.#at - 1;
    let at = start;
    for (let code = 0; code !== 0x22 && at < this.#text.length; ) {
      code = this.#text.charCodeAt(++at);
      if (code === 0x5c) at++;
    }
    let value: string;
    try {
      value = JSON.parse(this.#text.slice(start, at + 1));
    } catch (error) {
      this.#at = start;
      throw error instanceof SyntaxError ? this.#refuse(expected) : error;
    }
    this.#at = at + 1;
    if (hasLoneSurrogate(value))
      throw bad(`${what}: ${quote(value)} is not Unicode: it has a lone surrogate`);
    return value;
  }

  /** Parses an array of non-negative safe integers. */
  integers(what: string): number[] {
    this.expect('[', `an array for ${what}`);
    const values: number[] = [];
    if (this.#accept(']')) return values;
    do {
      this.#peek();
      // more than 16 digits is beyond 2^53
      INTEGER.lastIndex = this.#at;
      const value = Number(INTEGER.exec(this.#text)?.[0]);
      if (!Number.isSafeInteger(value)) throw this.#refuse(`non-negative safe integers for ${what}`);
      this.#at = INTEGER.lastIndex;
      values.push(value);
    } while (this.#accept(','));
    this.expect(']', `"," or "]" in ${what}`);
    return values;
  }

  /** Skips a character ('': checks that the text ends). */
  expect(char: string, expected: string): void {
    if (!this.#accept(char)) throw this.#refuse(expected);
  }

  /** The next character that is not white space, or '' at the end. */
  #peek(): string {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      code = this.#text.charCodeAt(++this.#at);
    }
    return this.#text.charAt(this.#at);
  }

  #accept(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  /** The error for what comes next. */
  #refuse(expected: string): FormatError {
    const next = this.#text.slice(this.#at, this.#at + 24);
    const got = next ? quote(next) : 'its end';
    return bad(`header JSON: expected ${expected} at character ${this.#at}, got ${got}`);
  }
}

const INTEGER = /(?:0|[1-9]\d{0,15})(?![-+.\dEe])/y;

/** Matches a lone surrogate, which has no UTF-8 form. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}
