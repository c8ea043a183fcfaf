import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UnrolledError } from '../index.ts';
import { recognize } from '../modelFiles/fileKind.ts';
import type { ModelFile, Opened } from '../modelFiles/opened.ts';
import { EXPECTED, FORMATS } from '../modelFiles/table.ts';
import { CliError } from './failure.ts';
import { readBytes, readInput, STDIN, shown } from './files.ts';
import type { Io } from './io.ts';
import { needKernels } from './kernels.ts';
import { trainedSections } from './trained.ts';

/** Files that a folder may hold its model in, the first one that is there. */
const MAIN = ['model.json', 'config.json', 'manifest.json', 'weights.json'];
/** Files besides `model.json` that are not parts of a model. */
const MAX_PARTS = 1000;

/** A model of a file. */
export interface OpenedFile extends Opened {
  /** Bytes of the file. */
  readonly size: number;
  /** Paths of all files that were read. */
  readonly files: readonly string[];
}

/**
 * Opens a model: a file, or a folder with one that consists of several.
 * @throws {CliError} if it can't be read, is of no known kind or not valid; the message starts with `path`
 */
export async function openModel(path: string, io: Io): Promise<OpenedFile> {
  const main = path === STDIN ? path : fileOf(path);
  const bytes = await readInput(main, io);
  const { name, what } = recognize(bytes);
  const format = FORMATS.find(({ kinds }) => kinds.includes(name));
  if (!format) throw new CliError(`${shown(path)}: expected ${EXPECTED}, but this looks like ${what}`);
  const files = [main];
  const folder = () => parts(main, bytes, files);
  try {
    const opened = await format.open({ bytes, kind: name, folder, kernels: needKernels });
    const all = { ...opened, size: bytes.length, files };
    if (name !== 'safetensors') return all;
    return { ...all, sections: trainedSections(bytes, opened.metadata!, shown(main)) };
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    throw new CliError(`${shown(path)}: looks like ${what}, but can't be read: ${error.message}`, 1, {
      cause: error,
    });
  }
}

/** The file itself, or that of a folder. */
function fileOf(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const found = MAIN.map((name) => join(path, name)).find((file) =>
    statSync(file, { throwIfNoEntry: false }),
  );
  if (found) return found;
  throw new CliError(`${shown(path)}: is a directory without ${MAIN.join(', ')}`);
}

/** The file and the others in its folder, by name, without subfolders; paths of those that are read whole are added to `read`. */
function parts(main: string, bytes: Uint8Array, read: string[]): ReturnType<ModelFile['folder']> {
  const files = new Map([[basename(main), (most?: number) => bytes.subarray(0, most)]]);
  if (main === STDIN) return files;
  const folder = dirname(main);
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  if (entries.length > MAX_PARTS) throw new CliError(`${shown(folder)}: more than ${MAX_PARTS} files`);
  for (const { name } of entries) {
    if (files.has(name)) continue;
    const path = join(folder, name);
    files.set(name, (most) => {
      if (most === undefined) read.push(path);
      return readBytes(path, most);
    });
  }
  return files;
}
