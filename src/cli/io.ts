import type { WriteStream } from 'node:tty';

/** An output stream, possibly a terminal. */
export type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

export interface Io {
  /** Results. */
  readonly stdout: Output;
  /** Progress, warnings and errors. */
  readonly stderr: Output;
  /** What `-` reads. Default: process.stdin. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
  /** The command name shown in hints. Default `unrolled`. */
  readonly program?: string;
  /** The command shown to continue a run. Default: the program's own `train`. */
  readonly trainAgain?: string;
}

/** Width if the terminal does not report one, in columns. */
const COLUMNS = 80;

/** Width available for text: that of the terminal, otherwise 80 columns. */
export function columnsOf({ isTTY, columns }: Output): number {
  return (isTTY && columns) || COLUMNS;
}

/** Output can't be written: the disk is full or the reader closed the pipe. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** Writes text, waiting for a slow reader. @throws {OutputError} if it can't be written */
export async function print(stream: Output, text: string): Promise<void> {
  const error = await written(stream, text);
  if (error) throw new OutputError(error.message, { cause: error });
}

/** Writes text and returns the error, or undefined on success. An empty text flushes earlier writes. */
export function written(stream: Output, text = ''): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => stream.write(text, (error) => resolve(error ?? undefined)));
}

/** Streams whose errors are handled by `written`. */
const guarded = new WeakSet<Output>();

/** Keeps an error of a stream from ending the process; `written` returns it. */
export function guard(stream: Output): void {
  if (guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', () => {});
}
