import type { WriteStream } from 'node:tty';

/** Where a command writes: a stream that may be a terminal. */
export type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** How the user would type a command again, for hints. Default `unrolled`. */
  readonly program?: string;
  /** How the user would continue a run. Default: the program's own `train`. */
  readonly trainAgain?: string;
}
