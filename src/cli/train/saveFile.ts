import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { printable } from '../failure.ts';
import { writeWhole } from '../writeFile.ts';

/** A file that a run saves to repeatedly. Never overwrites a file that another process wrote in the meantime. */
export class SaveFile {
  /** Path of the next save. */
  path: string;
  #seen: string | undefined;
  #isMoved = false;
  readonly #warn: (line: string) => void;

  constructor(path: string, warn: (line: string) => void) {
    this.path = path;
    this.#seen = versionOf(path);
    this.#warn = warn;
  }

  /** Replaces the file atomically. @throws {CliError} if it can't be written; the old file is kept */
  write(bytes: Uint8Array): void {
    const now = versionOf(this.path);
    if (!this.#isMoved && now !== undefined && now !== this.#seen) {
      const taken = this.path;
      this.path = freePath(taken);
      this.#isMoved = true;
      this.#warn(
        `${printable(taken)} was written by another process: this run saves ${printable(this.path)} from now on`,
      );
    }
    writeWhole(this.path, bytes);
    this.#seen = versionOf(this.path);
  }
}

/** `m.best.safetensors` for `m.safetensors`. */
export function bestPath(path: string): string {
  return withTag(path, '.best');
}

/** `m-2.safetensors`, or the next free number. */
function freePath(path: string): string {
  for (let n = 2; ; n++) {
    const free = withTag(path, `-${n}`);
    if (!existsSync(free)) return free;
  }
}

function withTag(path: string, tag: string): string {
  const extension = extname(path);
  return join(dirname(path), `${basename(path, extension)}${tag}${extension}`);
}

/** A stamp that changes when the file is written; undefined if it does not exist. */
function versionOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.mtimeNs} ${stats.size}`;
}
