import { Normalizer } from '../../data/normalizer.ts';
import { FormatError, type Sequential } from '../../index.ts';
import { CliError } from '../failure.ts';
import { readTensors } from '../files.ts';
import { loadModel } from '../loadModel.ts';
import { checkSaved, named } from '../train/training.ts';

/** What is saved with a model of a table: the metadata `columns`, a JSON list of names, and `normalizer`. */
export interface TableModel {
  readonly columns: readonly string[];
  readonly normalizer: Normalizer;
}

export function tableMetadata({ columns, normalizer }: TableModel): Record<string, string> {
  return { columns: JSON.stringify(columns), ...normalizer.toMetadata() };
}

/** Whether it was trained on a table; others may have metadata of these names. */
export function isTableModel({ columns, normalizer, training }: Readonly<Record<string, string>>): boolean {
  return columns !== undefined && normalizer !== undefined && training !== undefined;
}

/** @throws {CliError} if the file is not a model of a table; the message starts with `path` */
export function readTableModel(bytes: Uint8Array, path: string): TableModel {
  const { metadata } = readTensors(bytes, path);
  return named(path, () => {
    checkSaved(metadata);
    const columns = columnsOf(metadata.columns);
    try {
      const normalizer = Normalizer.fromMetadata(metadata);
      if (normalizer.offset.length !== columns.length)
        throw new CliError('its normalizer and its columns do not match');
      return { columns, normalizer };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new CliError(error.message, 1, { cause: error });
    }
  });
}

/** Loads a model of a table. @throws {CliError} if its layers do not match the columns; the message starts with `path` */
export function loadTableModel(path: string, bytes: Uint8Array, columns: number): Sequential {
  return loadModel(path, bytes, `its ${columns} columns`, ({ network: { input, outputSize } }) => {
    return input.kind === 'features' && input.size === columns && outputSize === columns;
  });
}

/** The columns of a saved run; undefined if it is not one of a table. @throws {CliError} if it can't be read */
export function savedColumns(bytes: Uint8Array, path: string): readonly string[] | undefined {
  return isTableModel(readTensors(bytes, path).metadata) ? readTableModel(bytes, path).columns : undefined;
}

function columnsOf(text: string | undefined): readonly string[] {
  if (text === undefined) throw new CliError('the model has no columns: it was not trained on a table');
  try {
    const columns: unknown = JSON.parse(text);
    const isList = Array.isArray(columns) && columns.every((name) => typeof name === 'string' && name !== '');
    if (isList && columns.length > 0 && new Set(columns).size === columns.length) return columns;
  } catch {
    // reported below
  }
  throw new CliError('its columns are not a list of different names');
}
