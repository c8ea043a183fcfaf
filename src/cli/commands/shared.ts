import { type Command, Option } from 'commander';
import type { Io } from '../io.ts';
import { notNegative, share, whole } from '../values.ts';

/** What commands are added to. */
export interface Context {
  readonly program: Command;
  readonly io: Io;
  /** Takes the exit code of the command that ran. */
  readonly done: (exitCode: number) => void;
}

export const REVECTORIZE =
  'ask V8 for 256-bit code (Node 24 and 26): faster, the same bits, an experimental flag';

export function missing(): Option {
  return new Option(
    '--missing <how>',
    'what becomes of missing values of a table: an error, or the value before (default refuse)',
  ).choices(['refuse', 'previous']);
}

export function kernels(description: string): Option {
  return new Option('--kernels <build>', description).choices(['simd', 'relaxed']);
}

export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  unrolled ${line}`).join('\n')}`;
}

/** How characters are drawn. */
export function sampling(): Option[] {
  return [
    new Option(
      '--temperature <t>',
      'below 1 safer, above 1 wilder, 0 always the likeliest character (default 0.7)',
    ).argParser(notNegative),
    new Option('--top-k <k>', 'draw only from the k most likely characters').argParser(whole(1)),
    new Option(
      '--top-p <share>',
      'draw only from the likeliest characters that together have this probability',
    ).argParser(share),
    new Option('--seed <n>', 'of the random choices (default 1)').argParser(whole(0)),
  ];
}
