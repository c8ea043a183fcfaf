import { mkdirSync } from 'node:fs';
import type { Model, Sequential } from '../index.ts';
import { CliError, reason } from './failure.ts';
import { sameFile, shown } from './files.ts';
import { writeWhole } from './writeFile.ts';

/** Whether a model starts from states that were learned, as those of amplifiers do. */
export function hasInitialStates({ network }: Sequential | Model): boolean {
  return 'initialStates' in network && Object.keys(network.initialStates).length > 0;
}

/** What a conversion writes. */
export interface Converted {
  /** A folder that is made for the files. */
  readonly folder?: string;
  /** Bytes by path, in the order in which they are written. */
  readonly files: readonly (readonly [path: string, bytes: Uint8Array])[];
  /** The line that tells what was written. */
  readonly line: string;
}

/**
 * Writes what was made of the files `read`, or nothing.
 * @throws {CliError} if one of those would be replaced, or a file can't be written
 */
export function writeConverted({ folder, files }: Converted, read: readonly string[]): void {
  for (const [path] of files) checkNotRead(path, read);
  try {
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new CliError(`can't write ${shown(folder!)}: ${reason(error)}`, 1, { cause: error });
  }
  for (const [path, bytes] of files) writeWhole(path, bytes);
}

/** @throws {CliError} if a path is one of those that are read */
export function checkNotRead(path: string, read: readonly string[]): void {
  if (read.some((one) => sameFile(one, path))) throw new CliError(`${shown(path)} is the file to read`, 2);
}
