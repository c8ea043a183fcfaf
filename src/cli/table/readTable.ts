import { CliError } from '../failure.ts';
import { plural } from '../show.ts';
import { type Dates, readDate, readDates } from './dates.ts';
import { isNumeral, Numerals, placeOf } from './numerals.ts';
import { type Records, readRecords } from './records.ts';

/** What becomes of missing values: an error, or the value before. */
export type Missing = 'refuse' | 'previous';

/** How a table is read. */
export interface ReadOptions {
  /** The columns to read. Default: all but the one with dates. */
  readonly columns?: readonly string[] | undefined;
  readonly missing?: Missing | undefined;
}

/** Numbers of a CSV file. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: number;
  /** [rows, columns]. */
  readonly data: Float64Array<ArrayBuffer>;
  readonly dates: Dates | undefined;
}

/** Where a header has as many of several, the first one counts: names have commas in them. */
export const DELIMITERS = ['\t', ';', ','] as const;
/** Places of missing values that a message names. */
const NAMED = 3;

/**
 * Reads a CSV file (RFC 4180; also with tabs, or with semicolons, where numbers may have decimal commas): a header with the
 * names of the columns, then numbers. The first column of dates (ISO 8601) names the rows.
 * @throws {CliError} that names the line and the column
 */
export function readTable(text: string, { columns, missing = 'refuse' }: ReadOptions = {}): Table {
  const delimiter = delimiterOf(text);
  const records = readRecords(text, delimiter);
  const { ends, lines } = records;
  if (ends.length === 0) throw new CliError('the table is empty');
  const names = namesOf(records);
  const rows = ends.length - 1;
  if (rows === 0) throw new CliError('the table has a header, but no rows');
  for (let r = 0; r < rows; r++) {
    const count = ends[r + 1]! - ends[r]!;
    if (count !== names.length)
      throw new CliError(
        `line ${lines[r + 1]}: ${plural(count, 'field')}, but the header has ${names.length}`,
      );
  }
  const dated = names.findIndex(
    (name, c) => !columns?.includes(name) && readDate(fieldOf(records, 0, c)) !== undefined,
  );
  const isRead = (c: number) => c !== dated && names[c] !== '';
  const places = columns ? placesOf(columns, names) : [...names.keys()].filter(isRead);
  if (places.length === 0) throw new CliError('the table has no column of numbers');
  const data = new Float64Array(rows * places.length);
  const gaps: string[] = [];
  let missed = 0;
  const numerals = new Numerals(delimiter === ';', columns ? '' : '; --columns names the columns to read');
  for (let r = 0; r < rows; r++) {
    for (const [k, c] of places.entries()) {
      const at = r * places.length + k;
      const line = lines[r + 1]!;
      const value = numerals.read(fieldOf(records, r, c), line, names[c]!);
      if (value !== undefined) data[at] = value;
      else if (missing === 'refuse') {
        if (missed++ < NAMED) gaps.push(placeOf(line, names[c]!));
      } else if (r > 0) data[at] = data[at - places.length]!;
      else throw new CliError(`${placeOf(line, names[c]!)}: no value, and none before it`);
    }
  }
  if (missed > 0) {
    const more = missed > NAMED ? ` and ${missed - NAMED} more` : '';
    throw new CliError(`no value at ${gaps.join('; ')}${more}; --missing previous uses the value before`);
  }
  const dates =
    dated < 0
      ? undefined
      : readDates(
          names[dated]!,
          Array.from({ length: rows }, (_, r) => ({ text: fieldOf(records, r, dated), line: lines[r + 1]! })),
        );
  return { columns: places.map((c) => names[c]!), rows, data, dates };
}

/** A field of a row behind the header. */
function fieldOf({ fields, ends }: Records, row: number, column: number): string {
  return fields[ends[row]! + column]!;
}

/** Where columns are that were asked for by name. */
function placesOf(columns: readonly string[], names: readonly string[]): number[] {
  if (columns.length === 0) throw new CliError('--columns names no column');
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new CliError(`--columns names '${twice}' twice`);
  const byName = new Map(names.map((name, c) => [name, c]));
  return columns.map((name) => byName.get(name) ?? missingColumn(name, names));
}

/** What is in quotes, which may have line breaks, a line break, or other text. */
const PARTS = /"[^"]*"?|[\r\n]|[^"\r\n]+/g;

/** The separator that the header, the first line with text, has most of outside of quotes. */
function delimiterOf(text: string): string {
  let [bare, isBlank] = ['', true];
  for (const [part] of text.matchAll(PARTS)) {
    if (/^[\r\n]/.test(part)) {
      if (!isBlank) break;
      bare = '';
    } else {
      // a byte order mark is a blank, too
      isBlank &&= part.trim() === '';
      if (!part.startsWith('"')) bare += part;
    }
  }
  const times = (delimiter: string) => bare.split(delimiter).length;
  return DELIMITERS.reduce((best, one) => (times(one) > times(best) ? one : best));
}

/** The names of the columns; '' for one that is not read: the first one (an index, as pandas writes it), or one without values. */
function namesOf(records: Records): readonly string[] {
  const { ends, lines } = records;
  const fields = records.fields.slice(0, ends[0]);
  const [line] = lines;
  const isEmpty = (c: number) =>
    lines.every((_, r) => !(ends[r]! + c < ends[r + 1]!) || !fieldOf(records, r, c));
  if (fields.every(isNumeral))
    throw new CliError(`line ${line}: expected a header with the names of the columns, got numbers`);
  const seen = new Set<string>();
  for (const [c, name] of fields.entries()) {
    if (name === '') {
      if ((c === 0 && fields.length > 1) || isEmpty(c)) continue;
      throw new CliError(`line ${line}: column ${c + 1} has no name`);
    }
    if (seen.size === seen.add(name).size)
      throw new CliError(`line ${line}: two columns are named '${name}'`);
  }
  return fields;
}

function missingColumn(name: string, names: readonly string[]): never {
  throw new CliError(`there is no column '${name}'; the columns are ${names.filter(Boolean).join(', ')}`);
}
