import { FormatError } from '../errors.ts';

/** A tensor's header entry, not yet checked against the file. Offsets in bytes from the start of the data. */
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

const INVALID = 'header is not valid JSON';

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
  scanner.end();
  return { entries, metadata };
}

function readEntry(scanner: Scanner, name: string): HeaderEntry {
  const owner = `tensor ${quote(name)}`;
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scanner.object(owner, (key) => {
    const what = `${owner}: ${key}`;
    if (key === 'dtype') dtype = scanner.string(what);
    else if (key === 'shape') shape = scanner.integers(what);
    else if (key === 'data_offsets') offsets = scanner.integers(what, 2);
    else throw bad(`${owner}: unknown field ${quote(key)}`);
  });
  if (dtype === undefined || !shape || !offsets) {
    const missing = dtype === undefined ? 'dtype' : shape ? 'data_offsets' : 'shape';
    throw bad(`${owner}: missing field "${missing}"`);
  }
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined) {
    throw bad(`${owner}: data_offsets must be 2 integers, got ${offsets.length}`);
  }
  return { name, dtype, shape, begin, end };
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Parses an object: `member` is called after each key and colon, and parses the value. */
  object(owner: string, member: (key: string) => void): void {
    if (this.#peek() !== '{') throw this.#mismatch(owner, 'an object');
    this.#at++;
    if (this.#accept('}')) return;
    const seen = new Set<string>();
    do {
      const key = this.string(`${owner}: key`);
      if (seen.has(key)) throw bad(`${owner}: duplicate key ${quote(key)}`);
      seen.add(key);
      if (!this.#accept(':')) throw this.#invalid(`":" after the key ${quote(key)}`);
      member(key);
    } while (this.#accept(','));
    if (!this.#accept('}')) throw this.#invalid(`"," or "}" in ${owner}`);
  }

  string(what: string): string {
    if (this.#peek() !== '"') throw this.#mismatch(what, 'a string');
    const start = this.#at;
    let at = start + 1;
    for (let code = 0; code !== 0x22; at++) {
      code = this.#text.charCodeAt(at);
      if (code === 0x5c) at++;
      else if (Number.isNaN(code)) throw bad(`${INVALID}: unterminated string at character ${start}`);
    }
    this.#at = at;
    let value: string;
    try {
      value = JSON.parse(this.#text.slice(start, at));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw bad(`${INVALID}: invalid string at character ${start}`);
    }
    if (hasLoneSurrogate(value)) throw bad(`${what} ${quote(value)} is not Unicode: it has a lone surrogate`);
    return value;
  }

  /** Parses an array of at most `limit` non-negative safe integers. */
  integers(what: string, limit = Number.POSITIVE_INFINITY): number[] {
    if (this.#peek() !== '[') throw this.#mismatch(what, 'an array');
    this.#at++;
    const values: number[] = [];
    if (this.#accept(']')) return values;
    do {
      if (values.length === limit) throw bad(`${what} must be ${limit} integers, got more`);
      values.push(this.#integer(what));
    } while (this.#accept(','));
    if (!this.#accept(']')) throw this.#invalid(`"," or "]" in ${what}`);
    return values;
  }

  /** Checks that only white space is left. */
  end(): void {
    if (this.#peek() !== '') throw this.#invalid('nothing after the header object');
  }

  #integer(what: string): number {
    const expected = 'non-negative safe integers';
    if (!/[-+.\d]/.test(this.#peek())) throw this.#mismatch(what, expected);
    // a number of more than 40 characters is refused by its first 40
    const [token] = /^[-+.\dEe]+/.exec(this.#text.slice(this.#at, this.#at + 40))!;
    // more than 16 digits is beyond 2^53
    const value = /^(?:0|[1-9]\d{0,15})$/.test(token) ? Number(token) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw bad(`${what} must be ${expected}, got ${token}`);
    this.#at += token.length;
    return value;
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

  /** The error for an unexpected or missing value. */
  #mismatch(what: string, expected: string): FormatError {
    const kinds: Record<string, string> = { '{': 'an object', '[': 'an array', '"': 'a string' };
    const [word, digit] = /^(?:true|false|null|([-\d]))/.exec(this.#text.slice(this.#at, this.#at + 5)) ?? [];
    const got = kinds[this.#peek()] ?? (digit ? 'a number' : word);
    return got ? bad(`${what} must be ${expected}, got ${got}`) : this.#invalid(`${expected} for ${what}`);
  }

  #invalid(expected: string): FormatError {
    const char = this.#peek();
    const got = char === '' ? 'the end of the header' : quote(char);
    return bad(`${INVALID}: expected ${expected} at character ${this.#at}, got ${got}`);
  }
}

/** Matches a lone surrogate, which has no UTF-8 form. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}
