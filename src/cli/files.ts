import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { FormatError, parseSafetensors, type SafetensorsFile } from '../io/index.ts';
import { recognize } from '../modelFiles/fileKind.ts';
import { CliError, printable, reason } from './failure.ts';
import type { Io } from './io.ts';

/** The path that means standard input. */
export const STDIN = '-';
/** Maximum number of bytes to read from an input of unknown size. */
const MOST = 2 ** 29;
const CHUNK = 1 << 16;

/** A path as shown in messages. */
export function shown(path: string): string {
  return path === STDIN ? 'standard input' : printable(path) || "''";
}

/** Reads a file, or standard input for `-`. @throws {CliError} as `readBytes` */
export async function readInput(path: string, io: Io): Promise<Uint8Array> {
  if (path !== STDIN) return readBytes(path);
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of io.stdin ?? process.stdin) {
      const bytes = Buffer.from(chunk);
      size = within(size + bytes.length);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Reads a file or pipe.
 * @param most of a file: the number of its first bytes, if not all
 * @throws {CliError} if it is missing, unreadable or neither a file nor a pipe
 */
export function readBytes(path: string, most?: number): Uint8Array {
  let file: number | undefined;
  try {
    // without O_NONBLOCK, so that reading a pipe waits for its writer
    file = openSync(path, constants.O_RDONLY);
    const stats = fstatSync(file);
    if (stats.isFIFO()) return readPipe(file);
    if (isEndless(stats)) throw new CliError('not a file or pipe');
    if (most === undefined) return readFileSync(file);
    const head = new Uint8Array(most);
    return head.subarray(0, readSync(file, head));
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Decodes UTF-8 text without its byte order mark. @throws {CliError} as `readBytes`, or if it is not UTF-8 text */
export async function readText(path: string, io: Io): Promise<string> {
  const bytes = await readInput(path, io);
  const { isText, what } = recognize(bytes);
  if (!isText) throw new CliError(`${shown(path)}: expected UTF-8 text, but this looks like ${what}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const malformed = (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    const why = malformed ? 'expected a text in UTF-8' : reason(error);
    throw new CliError(`${shown(path)}: ${why}`, 1, { cause: error });
  }
}

/** The given prompt, or for `-` standard input without its last line break. */
export async function readPrompt(prompt: string | undefined, io: Io): Promise<string> {
  return prompt === STDIN ? (await readText(STDIN, io)).replace(/\r?\n$/, '') : (prompt ?? '');
}

/** Parses a safetensors file. @throws {CliError} if it is not valid; the message starts with `path` */
export function readTensors(bytes: Uint8Array, path: string): SafetensorsFile {
  try {
    return parseSafetensors(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { name, what } = recognize(bytes);
    const why = error.message.replace(/^safetensors: /, '');
    throw new CliError(
      name === 'safetensors'
        ? `${shown(path)}: not a valid safetensors file: ${why}`
        : `${shown(path)}: expected a safetensors file, but this looks like ${what}`,
      1,
      { cause: error },
    );
  }
}

/** Whether two paths refer to the same existing file. */
export function sameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

/** Whether it is neither a file nor a pipe: reading a device may never end. */
function isEndless(stats: Stats): boolean {
  return stats.isCharacterDevice() || stats.isBlockDevice() || stats.isSocket();
}

function readPipe(file: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let size = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const n = readSync(file, chunk);
    if (n === 0) return Buffer.concat(chunks);
    size = within(size + n);
    chunks.push(chunk.subarray(0, n));
  }
}

function within(size: number): number {
  if (size > MOST) throw new CliError(`more than ${MOST / 2 ** 20} MiB`);
  return size;
}

function unreadable(path: string, error: unknown): CliError {
  const why = error instanceof CliError ? error.message : reason(error);
  return new CliError(`${shown(path)}: ${why}`, 1, { cause: error });
}
