import { type CsvError, parse } from 'csv-parse/sync';
import { CliError } from '../failure.ts';
import { plural } from '../show.ts';
import { type Dates, readDate, readDates } from './dates.ts';
import { isNumeral, Numerals } from './numerals.ts';

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

/** A row of fields and its line in the file, from 1. */
interface Row {
  readonly fields: readonly string[];
  readonly line: number;
}

/** Where a header has as many of several, the first one counts: names have commas in them. */
const DELIMITERS = ['\t', ';', ','] as const;
/** Places of missing values that a message names. */
const NAMED = 3;

/**
 * Reads a CSV file (RFC 4180; also with tabs, or with semicolons, where numbers may have decimal commas): a header with the
 * names of the columns, then numbers. The first column of dates (ISO 8601) names the rows.
 * @throws {CliError} that names the line and the column
 */
export function readTable(text: string, { columns, missing = 'refuse' }: ReadOptions = {}): Table {
  const delimiter = delimiterOf(text);
  const [header, ...rows] = records(text, delimiter);
  if (!header) throw new CliError('the table is empty');
  const names = namesOf(header, rows);
  if (rows.length === 0) throw new CliError('the table has a header, but no rows');
  for (const { fields, line } of rows) {
    if (fields.length !== names.length)
      throw new CliError(
        `line ${line}: ${plural(fields.length, 'field')}, but the header has ${names.length}`,
      );
  }
  const dated = names.findIndex((name, c) => !columns?.includes(name) && isDated(rows, c));
  const chosen = columns ?? names.filter((name, c) => c !== dated && name !== '');
  const byName = new Map(names.map((name, c) => [name, c]));
  const places = chosen.map((name) => byName.get(name) ?? missingColumn(name, names));
  if (places.length === 0) throw new CliError('the table has no column of numbers');
  const data = new Float64Array(rows.length * places.length);
  const gaps: string[] = [];
  const numerals = new Numerals(delimiter === ';', columns ? '' : '; --columns names the columns to read');
  for (const [r, { fields, line }] of rows.entries()) {
    for (const [k, c] of places.entries()) {
      const at = r * places.length + k;
      const where = `line ${line}, column '${names[c]}'`;
      const value = numerals.read(fields[c]!, where);
      if (value !== undefined) data[at] = value;
      else if (missing === 'refuse') gaps.push(where);
      else if (r > 0) data[at] = data[at - places.length]!;
      else throw new CliError(`${where}: no value, and none before it`);
    }
  }
  if (gaps.length > 0) {
    const more = gaps.length > NAMED ? ` and ${gaps.length - NAMED} more` : '';
    const places = gaps.slice(0, NAMED).join('; ');
    throw new CliError(`no value at ${places}${more}; --missing previous uses the value before`);
  }
  const dates =
    dated < 0
      ? undefined
      : readDates(
          names[dated]!,
          rows.map(({ fields, line }) => ({ text: fields[dated]!, line })),
        );
  return { columns: chosen, rows: rows.length, data, dates };
}

function records(text: string, delimiter: string): Row[] {
  try {
    const found = parse(text, {
      ...{ bom: true, info: true, trim: true, delimiter },
      ...{ skip_empty_lines: true, relax_column_count: true },
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return found.map(({ record, info }) => ({ fields: record, line: info.lines }));
  } catch (error) {
    const { message, lines } = error as CsvError & { lines?: number };
    throw new CliError(lines === undefined ? message : `line ${lines}: ${message}`, 1, { cause: error });
  }
}

/** The separator that the first line has most of, outside of quotes. */
function delimiterOf(text: string): string {
  const [line = ''] = text.split(/\r\n|\n|\r/, 1);
  const bare = line.replace(/"[^"]*"/g, '');
  const times = (delimiter: string) => bare.split(delimiter).length;
  return DELIMITERS.reduce((best, one) => (times(one) > times(best) ? one : best));
}

/** The names of the columns; '' for one that is not read: the first one (an index, as pandas writes it), or one without values. */
function namesOf({ fields, line }: Row, rows: readonly Row[]): readonly string[] {
  if (fields.every(isNumeral))
    throw new CliError(`line ${line}: expected a header with the names of the columns, got numbers`);
  const seen = new Set<string>();
  for (const [c, name] of fields.entries()) {
    if (name === '') {
      if ((c === 0 && fields.length > 1) || rows.every((row) => !row.fields[c])) continue;
      throw new CliError(`line ${line}: column ${c + 1} has no name`);
    }
    if (seen.size === seen.add(name).size)
      throw new CliError(`line ${line}: two columns are named '${name}'`);
  }
  return fields;
}

function isDated(rows: readonly Row[], column: number): boolean {
  return readDate(rows[0]!.fields[column]!) !== undefined;
}

function missingColumn(name: string, names: readonly string[]): never {
  throw new CliError(`there is no column '${name}'; the columns are ${names.filter(Boolean).join(', ')}`);
}
