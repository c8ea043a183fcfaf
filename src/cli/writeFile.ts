import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { CliError, printable, reason } from './failure.ts';

/** Temporary files older than this, in ms, are stale, whatever process they name. */
const STALE_MS = 600_000;
/** Maximum bytes of a name, so that the temporary file's name stays below 255 bytes. */
const NAME_BYTES = 180;

/**
 * Checks that `writeWhole` can write `bytes` to the file, and leaves nothing behind.
 * @throws {CliError} if it can't be written
 */
export function checkWritable(path: string, bytes: Uint8Array = new Uint8Array()): void {
  attempt(path, (target) => {
    const found = statSync(target, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new CliError(`can't write ${printable(path)}: is a directory`);
    if (found && !found.isFile()) throw new CliError(`can't write ${printable(path)}: not a regular file`);
    if (found) accessSync(target, constants.W_OK);
    besides(target, bytes, undefined, (temporary) => rmSync(temporary));
  });
}

/**
 * Writes a file atomically: readers of `path` see either the old contents or all of the new bytes, even after a
 * crash. Removes temporary files of killed processes.
 * @throws {CliError} if it can't be written; the old contents are kept
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  attempt(path, (target) => {
    const write = () => {
      const mode = statSync(target, { throwIfNoEntry: false })?.mode;
      besides(target, bytes, mode, (temporary) => renameSync(temporary, target));
    };
    try {
      write();
    } catch (error) {
      // another process may have removed the temporary file as stale
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isGone || !statSync(dirname(target), { throwIfNoEntry: false })) throw error;
      write();
    }
    syncFolder(dirname(target));
    sweep(target);
  });
}

/** Writes a temporary file next to `target`, by default of the process's mode, passes it to `use` and always removes it. */
function besides(
  target: string,
  bytes: Uint8Array,
  mode: number | undefined,
  use: (temporary: string) => void,
): void {
  const suffix = `${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  const temporary = join(dirname(target), `${stem(target)}${suffix}`);
  const file = openSync(temporary, 'wx', mode);
  try {
    try {
      if (mode !== undefined) keepMode(file, mode);
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    use(temporary);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Gives a file all bits of a mode, also those that the process's mask takes away, where the system has modes. */
function keepMode(file: number, mode: number): void {
  try {
    if (fstatSync(file).mode !== mode) fchmodSync(file, mode & 0o777);
  } catch {
    // what it holds matters more
  }
}

/** Prefix of the names of a target's temporary files. */
function stem(target: string): string {
  const name = basename(target);
  const isLong = Buffer.byteLength(name) > NAME_BYTES;
  return `.${isLong ? createHash('sha256').update(name).digest('hex') : name}.`;
}

/**
 * Removes temporary files of `target` that are old or whose process (its id is in the name) has ended. A process in
 * another container may have the same id or be invisible here; if its file is removed while it writes, it writes
 * another one. Files of this process are not in use, since it writes one at a time.
 */
function sweep(target: string): void {
  const folder = dirname(target);
  const start = stem(target);
  try {
    for (const name of readdirSync(folder)) {
      const rest = name.startsWith(start) ? name.slice(start.length) : '';
      const pid = /^(\d+)(\.[\da-f]+)?\.tmp$/.exec(rest)?.[1];
      if (pid === undefined) continue;
      const path = join(folder, name);
      if (isRunning(Number(pid)) && Date.now() - statSync(path).mtimeMs < STALE_MS) continue;
      rmSync(path, { force: true });
    }
  } catch {
    // a file that can't be removed does no harm, since names are random
  }
}

/** Whether another process with this id is running. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes a rename durable where the system supports it. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // not supported on Windows
  }
}

/** Resolves symbolic links, also to a file that is not there yet, so that the file is replaced, not the link. */
function follow(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })) return realpathSync(path);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  return follow(resolve(realpathSync(dirname(path)), readlinkSync(path)));
}

/** Calls `call` with the path that links lead to. @throws {CliError} if it fails */
function attempt(path: string, call: (target: string) => void): void {
  if (path === '' || path.replaceAll(sep, '/').endsWith('/'))
    throw new CliError(`can't write ${printable(path) || "''"}: no name of a file`);
  let target = path;
  try {
    target = follow(path);
    call(target);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `no directory ${printable(dirname(target))}` : reason(error);
    throw new CliError(`can't write ${printable(path)}: ${why}`, 1, { cause: error });
  }
}
