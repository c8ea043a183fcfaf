import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError, printable, reason } from './failure.ts';

/** Temporary files that are older than this are left over, whichever process is named in them. */
const STALE_MS = 600_000;
/** Of a name, so that the temporary file's stays below 255 bytes. */
const NAME_BYTES = 180;

/**
 * Makes sure, without a trace, that `writeWhole` can write `bytes` to the file.
 * @throws {CliError} naming what is in the way
 */
export function checkWritable(path: string, bytes: Uint8Array = new Uint8Array()): void {
  attempt(path, () => {
    const target = follow(path);
    const found = statSync(target, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw new CliError(`can't write ${printable(path)}: is a directory`);
    if (found && !found.isFile()) throw new CliError(`can't write ${printable(path)}: not a regular file`);
    if (found) accessSync(target, constants.W_OK);
    besides(target, bytes, 0o666, (temporary) => rmSync(temporary));
  });
}

/**
 * Writes a file in one piece: whoever reads `path` finds what was there before or all of the new bytes, never a part, also
 * after a crash. Removes what earlier processes left over that were killed while they wrote it.
 * @throws {CliError} when it can't be written; what was there before stays
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  attempt(path, () => {
    const target = follow(path);
    const write = () => {
      const mode = statSync(target, { throwIfNoEntry: false })?.mode ?? 0o666;
      besides(target, bytes, mode, (temporary) => renameSync(temporary, target));
    };
    try {
      write();
    } catch (error) {
      // another process may have taken the temporary file for one that was left over
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isGone || !statSync(dirname(target), { throwIfNoEntry: false })) throw error;
      write();
    }
    syncFolder(dirname(target));
    sweep(target);
  });
}

/** Writes a temporary file besides `target` and hands it to `use`; it is gone whatever happens. */
function besides(target: string, bytes: Uint8Array, mode: number, use: (temporary: string) => void): void {
  const suffix = `${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  const temporary = join(dirname(target), `${stem(target)}${suffix}`);
  const file = openSync(temporary, 'wx', mode);
  try {
    try {
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

/** How the names of a target's temporary files begin. */
function stem(target: string): string {
  const name = basename(target);
  const isLong = Buffer.byteLength(name) > NAME_BYTES;
  return `.${isLong ? createHash('sha256').update(name).digest('hex') : name}.`;
}

/**
 * Removes temporary files of `target` whose process, named in them, has ended, and old ones. A process of another
 * container may have the same number or not be seen from here: where its file is removed while it is written, the
 * process writes another one. Those of this process are no longer in use: it writes one at a time.
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
    // what can't be removed disturbs nobody: names are drawn at random
  }
}

/** Whether another process of this number is running. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes a rename last through a loss of power, where the system can. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Windows has no such call
  }
}

/** Where a symbolic link leads: the file is replaced, not the link. */
function follow(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path;
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
