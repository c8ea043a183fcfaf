import { CliError } from '../failure.ts';

/** Fields of a table, one record after the other: objects per record and field would take many times the file. */
export interface Records {
  readonly fields: readonly string[];
  /** Of each record: how many fields there are up to its end. */
  readonly ends: readonly number[];
  /** Of each record: the line of the file in which it ends, from 1. */
  readonly lines: readonly number[];
}

/** Characters of a field in quotes, at most: what is replaced in it takes many times its text. */
const LONGEST = 2 ** 16;

const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;

const isLineEnd = (code: number) => code === LF || code === CR;
const isBlank = (code: number) => code === 0x20 || code === 0x09 || code === 0x0c;

/**
 * Reads CSV (RFC 4180) with lines that end in LF, CR LF or CR. Blanks around fields and lines without text are left out.
 * @throws {CliError} a quote that does not end, or where none may be
 */
export function readRecords(text: string, delimiter: string): Records {
  const fields: string[] = [];
  const ends: number[] = [];
  const lines: number[] = [];
  const separator = delimiter.charCodeAt(0);
  const size = text.length;
  let line = 1;
  // a byte order mark
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let begin = 0;
  const code = () => text.charCodeAt(at);
  const isEnd = () => at >= size || code() === separator || isLineEnd(code());
  const skipBlanks = () => {
    while (isBlank(code()) && code() !== separator) at++;
  };
  const quoted = (): string => {
    const from = at + 1;
    at = text.indexOf('"', from);
    // a quote that is doubled is part of the text
    while (at >= 0 && text.charCodeAt(at + 1) === QUOTE) at = text.indexOf('"', at + 2);
    if (at < 0) throw new CliError(`line ${line}: a quote that does not end`);
    if (at - from > LONGEST) throw new CliError(`line ${line}: a field of ${at - from} characters in quotes`);
    const inner = text.slice(from, at++);
    line += inner.split(/\r\n|\n|\r/).length - 1;
    skipBlanks();
    if (!isEnd())
      throw new CliError(`line ${line}: expected '${delimiter}' behind a quote, got '${text[at]}'`);
    return inner.replaceAll('""', '"');
  };
  const bare = (): string => {
    const from = at;
    for (; !isEnd(); at++)
      if (code() === QUOTE)
        throw new CliError(`line ${line}: a quote within a field that does not begin with one`);
    return text.slice(from, at).trimEnd();
  };
  while (at < size) {
    skipBlanks();
    const isQuoted = code() === QUOTE;
    const field = isQuoted ? quoted() : bare();
    const isLast = at >= size || code() !== separator;
    if (!isLast || field || isQuoted || fields.length > begin) fields.push(field);
    if (!isLast) {
      at++;
      // nothing behind the last separator is a field, too
      if (at < size) continue;
      fields.push('');
    }
    if (fields.length > begin) {
      begin = fields.length;
      ends.push(begin);
      lines.push(line);
    }
    if (code() === CR && text.charCodeAt(at + 1) === LF) at++;
    at++;
    line++;
  }
  return { fields, ends, lines };
}
