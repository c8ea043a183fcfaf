import { type CsvError, parse } from 'csv-parse/sync';
import { CliError } from '../failure.ts';

/** Fields of a table, one record after the other: objects per record would take many times the file. */
export interface Records {
  readonly fields: readonly string[];
  /** Of each record: how many fields there are up to its end. */
  readonly ends: readonly number[];
  /** Of each record: the line of the file in which it ends, from 1. */
  readonly lines: readonly number[];
}

/**
 * Reads CSV (RFC 4180). Blanks around fields and lines without text are left out.
 * @throws {CliError} a quote that does not end, or where none may be
 */
export function readRecords(text: string, delimiter: string): Records {
  const fields: string[] = [];
  const ends: number[] = [];
  const lines: number[] = [];
  try {
    parse(text, {
      ...{ bom: true, trim: true, delimiter },
      ...{ skip_empty_lines: true, relax_column_count: true },
      on_record: (record: string[], context) => {
        for (const field of record) fields.push(field);
        ends.push(fields.length);
        lines.push(context.lines);
        return null;
      },
    });
  } catch (error) {
    const { message, lines } = error as CsvError & { lines?: number };
    throw new CliError(lines === undefined ? message : `line ${lines}: ${message}`, 1, { cause: error });
  }
  return { fields, ends, lines };
}
