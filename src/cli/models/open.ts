import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UnrolledError } from '../../index.ts';
import { CliError } from '../failure.ts';
import { recognize } from '../fileKind.ts';
import { readBytes, readInput, STDIN, shown } from '../files.ts';
import type { Io } from '../io.ts';
import type { Opened } from './opened.ts';
import { EXPECTED, FORMATS } from './table.ts';

/** Files that a folder may hold its model in, the first one that is there. */
const MAIN = ['model.json', 'config.json', 'manifest.json'];
/** Files besides `model.json` that are not parts of a model. */
const MAX_PARTS = 1000;

/**
 * Opens a model: a file, or a folder with one that consists of several.
 * @throws {CliError} if it can't be read, is of no known kind or not valid; the message starts with `path`
 */
export async function openModel(path: string, io: Io): Promise<Opened & { readonly size: number }> {
  const main = path === STDIN ? path : fileOf(path);
  const bytes = await readInput(main, io);
  const { name, what } = recognize(bytes);
  const format = FORMATS.find(({ kinds }) => kinds.includes(name));
  if (!format) throw new CliError(`${shown(path)}: expected ${EXPECTED}, but this looks like ${what}`);
  const file = { path: shown(main), bytes, kind: name, folder: () => parts(main, bytes) };
  try {
    return { ...(await format.open(file)), size: bytes.length };
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    throw new CliError(`${shown(path)}: not a valid file, which looks like ${what}: ${error.message}`, 1, {
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

/** The file and the others in its folder, by name, without subfolders. */
function parts(main: string, bytes: Uint8Array): Map<string, Uint8Array> {
  const files = new Map([[basename(main), bytes]]);
  if (main === STDIN) return files;
  const folder = dirname(main);
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  if (entries.length > MAX_PARTS) throw new CliError(`${shown(folder)}: more than ${MAX_PARTS} files`);
  for (const { name } of entries) if (!files.has(name)) files.set(name, readBytes(join(folder, name)));
  return files;
}
