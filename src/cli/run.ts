import { CommanderError } from 'commander';
import { UnrolledError } from '../index.ts';
import { CliError, printable } from './failure.ts';
import type { Io } from './io.ts';
import { makeProgram } from './program.ts';

/** Runs the command line `args` (without the program) and gives the exit code; errors become one line each. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  const program = makeProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // printed already
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const expected = error instanceof CliError || error instanceof UnrolledError;
    const line = expected ? message : `unexpected error: ${message} (UNROLLED_DEBUG=1 shows where)`;
    io.stderr.write(`unrolled: ${printable(line)}\n`);
    if (process.env.UNROLLED_DEBUG) io.stderr.write(`${stack}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}
