import type { Sequential } from '../../index.ts';
import { loadCharacterModel, readCharacterModel } from '../characterModel.ts';
import { readTensors } from '../files.ts';
import { isTableModel, loadTableModel, readTableModel } from '../table/tableModel.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { HttpError } from './httpError.ts';
import { jsonOf } from './jsonOf.ts';

/** A model and what its inputs and outputs mean. */
export interface Served {
  readonly model: Sequential;
  /** What `GET /model` tells. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Set for a character model. */
  readonly vocabulary?: Vocabulary;
  /** Reads the input of a step from JSON. @throws {HttpError} 400 */
  read(input: unknown): number | Float32Array;
  /** The output of a step as JSON. */
  write(output: Float32Array): string;
}

/** @throws {CliError} if it is not a model that `train` saved; the message starts with `path` */
export function servedModel(path: string, bytes: Uint8Array): Served {
  return isTableModel(readTensors(bytes, path).metadata) ? table(path, bytes) : text(path, bytes);
}

function text(path: string, bytes: Uint8Array): Served {
  const vocabulary = readCharacterModel(bytes, path);
  const { size, characters } = vocabulary;
  const model = loadCharacterModel(path, bytes, vocabulary);
  return {
    model,
    vocabulary,
    about: { kind: 'text', parameters: model.parameterCount, characters: characters.join('') },
    read: (input) => {
      const index = typeof input === 'string' ? characters.indexOf(input) : input;
      if (Number.isInteger(index) && (index as number) >= 0 && (index as number) < size)
        return index as number;
      throw new HttpError(400, `input: expected a character of the model, or its index in 0..${size - 1}`);
    },
    write: jsonOf,
  };
}

function table(path: string, bytes: Uint8Array): Served {
  const { columns, normalizer } = readTableModel(bytes, path);
  const F = columns.length;
  const model = loadTableModel(path, bytes, F);
  return {
    model,
    about: { kind: 'table', parameters: model.parameterCount, columns },
    read: (input) => {
      const isRow = Array.isArray(input) && input.length === F && input.every(isFinite32);
      if (isRow) return normalizer.apply(input as number[]);
      throw new HttpError(
        400,
        `input: expected a row of ${F} finite numbers (${columns.slice(0, 8).join(', ')})`,
      );
    },
    write: (row) => JSON.stringify(Array.from(normalizer.invert(row))),
  };
}

function isFinite32(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(Math.fround(value));
}
