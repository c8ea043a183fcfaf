import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FormatError, parseSafetensors, type SafetensorsFile } from '../io/index.ts';
import { CliError, printable, reason } from './failure.ts';

/** @throws {CliError} a file that is missing or can't be read */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(`${printable(path)}: ${reason(error)}`, 1, { cause: error });
  }
}

/** The characters of a UTF-8 file, without a byte order mark. @throws {CliError} also where it is not UTF-8 */
export function readText(path: string): string {
  const bytes = readBytes(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const malformed = (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    const why = malformed ? 'not a text in UTF-8' : reason(error);
    throw new CliError(`${printable(path)}: ${why}`, 1, { cause: error });
  }
}

/** A safetensors file's contents; `path` names it. @throws {CliError} one that breaks a rule of the format */
export function readTensors(bytes: Uint8Array, path: string): SafetensorsFile {
  try {
    return parseSafetensors(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const why = error.message.replace(/^safetensors: /, '');
    throw new CliError(`${printable(path)}: no valid safetensors file: ${why}`, 1, { cause: error });
  }
}

/** Whether two paths lead to one file that exists. */
export function sameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

/**
 * Makes sure, without a trace, that `writeWhole` can write the file.
 * @throws {CliError} naming what is in the way
 */
export function checkWritable(path: string): void {
  attempt(path, () => {
    const target = follow(path);
    const found = statSync(target, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new CliError(`can't write ${printable(path)}: is a directory`);
    if (found && !found.isFile()) throw new CliError(`can't write ${printable(path)}: not a regular file`);
    if (found) accessSync(target, constants.W_OK);
    const probe = besides(target);
    closeSync(openSync(probe, 'wx'));
    rmSync(probe);
  });
}

/**
 * Writes a file in one piece: whoever reads `path` finds what was there before or all of the new bytes, never a part.
 * @throws {CliError} when it can't be written; what was there before stays
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  attempt(path, () => {
    const target = follow(path);
    const temporary = besides(target);
    try {
      const file = openSync(temporary, 'wx', statSync(target, { throwIfNoEntry: false })?.mode ?? 0o666);
      try {
        writeFileSync(file, bytes);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/** Where a symbolic link leads: the file is replaced, not the link. */
function follow(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
}

function besides(target: string): string {
  return join(dirname(target), `.${basename(target).slice(0, 200)}.${process.pid}.tmp`);
}

function attempt(path: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `no directory ${printable(dirname(path))}` : reason(error);
    throw new CliError(`can't write ${printable(path)}: ${why}`, 1, { cause: error });
  }
}
