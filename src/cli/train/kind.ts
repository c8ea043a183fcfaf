import { CliError } from '../failure.ts';
import { STDIN } from '../files.ts';
import { readTable } from '../table/readTable.ts';
import type { TrainOptions } from './prepare.ts';
import { optionName } from './settings.ts';
import type { Kind } from './subject.ts';

/** Options that only one kind of data has. */
const ONLY = {
  text: ['embed', 'prompt', 'length', 'temperature', 'sampleEvery'],
  table: ['columns', 'missing'],
} as const;
/** Lines by which a text is taken for a table: a header and a few rows. */
const LINES = 5;

/**
 * What the data of a run are: as `--as` says, or the name of the file. Standard input has none: a resumed run goes on as it
 * began.
 */
export function kindOf(file: string, options: TrainOptions, resumed: Kind | undefined): Kind {
  if (options.as) return options.as;
  if (/\.(csv|tsv)$/i.test(file)) return 'table';
  if (file !== STDIN) return 'text';
  if (resumed) return resumed;
  return given(options, 'table') ? 'table' : 'text';
}

/** @throws {CliError} for an option of the other kind */
export function checkKind(kind: Kind, options: TrainOptions): void {
  const other = kind === 'text' ? 'table' : 'text';
  const name = given(options, other);
  if (name === undefined) return;
  const file = other === 'table' ? 'a table (FILE.csv, or --as table)' : 'a text';
  throw new CliError(`${optionName(name)} is for ${file}`, 2);
}

function given(options: TrainOptions, kind: Kind): (typeof ONLY)[Kind][number] | undefined {
  return ONLY[kind].find((name) => options[name] !== undefined);
}

/** Whether the first lines can be read as a table. */
export function looksLikeTable(text: string): boolean {
  const lines = text.split(/\r\n|\n|\r/, LINES + 1);
  if (lines.length <= LINES) return false;
  try {
    return readTable(lines.slice(0, LINES).join('\n'), { missing: 'previous' }).columns.length > 0;
  } catch {
    return false;
  }
}
