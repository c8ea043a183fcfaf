import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { Generator } from '../../src/index.ts';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function cli(...args: (string | number)[]): Promise<Outcome> {
  return cliOn({}, ...args);
}

/** Runs a command line in this process with standard input, on a terminal with this many columns. */
export async function cliOn(
  { stdin, ...given }: { stdin?: string | Uint8Array; columns?: number; program?: string },
  ...args: (string | number)[]
): Promise<Outcome> {
  const { columns, program } = given;
  const [stdout, stderr] = [new Collector(columns), new Collector(columns)];
  const named = program === undefined ? {} : { program };
  const io = {
    stdout,
    stderr,
    ...named,
    ...(stdin === undefined ? {} : { stdin: chunks(Buffer.from(stdin)) }),
  };
  const code = await run(args.map(String), io);
  return { code, out: stdout.text, err: stderr.text };
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  // in the middle of characters, too
  for (let i = 0; i < bytes.length; i += 7) yield bytes.subarray(i, i + 7);
}

/** Checks that a command line fails with one line that matches, and with no stack trace. */
export function oneLine({ err }: Outcome): string {
  const lines = err.split('\n');
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`expected one line, got ${JSON.stringify(err)}`);
  if (!lines[0]!.startsWith('unrolled: ')) throw new Error(`expected the program's name first: ${lines[0]}`);
  return lines[0]!.slice('unrolled: '.length);
}

/** The last line of what a command line says as it fails, after the progress of a training. */
export function lastLine({ err }: Outcome): string {
  return oneLine({ code: 1, out: '', err: `${err.trimEnd().split('\n').at(-1)}\n` });
}

/** A new folder that goes when the test ends, or when `end` says; gives paths inside it. */
export function folder(end: (remove: () => void) => void = onTestFinished): (name: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'unrolled-cli-'));
  end(() => rmSync(path, { recursive: true, force: true }));
  return (name) => join(path, name);
}

/** Sentences of few words, always the same ones. */
export function sentences(characters: number, seed = 1): string {
  const words = ['the whale', 'a sailor', 'the sea', 'saw', 'took', 'and', 'then', 'an oar', '“Ahoy”', '\n'];
  const generator = new Generator(seed);
  let text = '';
  while (text.length < characters) text += `${words[generator.integer(words.length)]} `;
  return text.slice(0, characters);
}

/** Writes the text to train on; gives its path. */
export function textFile(path: string, text = sentences(3000)): string {
  writeFileSync(path, text);
  return path;
}

/** A tiny model, with kernels whose bits are the same on every engine. */
export const TINY = [
  ...['--hidden', 12, '--embed', 6, '--seq-len', 10, '--batch', 3],
  ...['--kernels', 'simd', '--length', 0],
];

class Collector extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(columns?: number) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 0;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Characters of the longest line of a table, below the line that names the machine. */
export function widest(table: string): number {
  const [, ...rows] = table.split('\n');
  return Math.max(...rows.map((row) => row.length));
}
