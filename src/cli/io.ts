import type { WriteStream } from 'node:tty';

/** Where a command writes: a stream that may be a terminal. */
export type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

export interface Io {
  /** Results. */
  readonly stdout: Output;
  /** Progress, warnings and errors. */
  readonly stderr: Output;
  /** What `-` reads. Default: that of the process. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
  /** How the user would type a command again, for hints. Default `unrolled`. */
  readonly program?: string;
  /** How the user would continue a run. Default: the program's own `train`. */
  readonly trainAgain?: string;
}

/** Output that can't be written: the disk is full, or the reader has gone away. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** Writes text and waits for a reader that is slower. @throws {OutputError} */
export async function print(stream: Output, text: string): Promise<void> {
  const error = await written(stream, text);
  if (error) throw new OutputError(error.message, { cause: error });
}

/** Why text can't be written; undefined when it was. An empty text tells whether earlier ones were. */
export function written(stream: Output, text = ''): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => stream.write(text, (error) => resolve(error ?? undefined)));
}

/** Streams whose errors are asked for with `written`. */
const guarded = new WeakSet<Output>();

/** Keeps an error of a stream from ending the process: `written` tells of it. */
export function guard(stream: Output): void {
  if (guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', () => {});
}
