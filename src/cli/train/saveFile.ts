import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { printable } from '../failure.ts';
import { writeWhole } from '../writeFile.ts';

/** A file that a run writes again and again. What another process has written there meanwhile is not overwritten. */
export class SaveFile {
  /** Where the next save goes. */
  path: string;
  #seen: string | undefined;
  #isMoved = false;
  readonly #warn: (line: string) => void;

  constructor(path: string, warn: (line: string) => void) {
    this.path = path;
    this.#seen = versionOf(path);
    this.#warn = warn;
  }

  /** Replaces the file in one piece. @throws {CliError} what was there stays */
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

/** `m.best.safetensors` besides `m.safetensors`. */
export function bestPath(path: string): string {
  return withTag(path, '.best');
}

/** `m-2.safetensors`, or the next number that is free. */
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

/** Changes whenever the file is written; undefined when there is none. */
function versionOf(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.mtimeNs} ${stats.size}`;
}
