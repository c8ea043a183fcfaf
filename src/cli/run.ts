import { CommanderError } from 'commander';
import { UnrolledError } from '../index.ts';
import { CliError, printable, reason } from './failure.ts';
import { guard, type Io, OutputError, print, written } from './io.ts';
import { beginning, makeProgram } from './program.ts';
import { styled } from './style.ts';

/**
 * Runs the command line `args` (without the program name) and returns the exit code. Errors are printed as one line
 * each.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  guard(io.stdout);
  guard(io.stderr);
  const exitCode = await command(args, io);
  const [out, err] = [await written(io.stdout), await written(io.stderr)];
  if (out && !GONE.has(out.code)) io.stderr.write(`unrolled: can't write the output: ${reason(out)}\n`);
  return exitCode === 0 && (out || err) ? 1 : exitCode;
}

/** The reader of the pipe or the terminal is gone, so nothing is printed. */
const GONE = new Set<string | undefined>(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

async function command(args: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  const program = makeProgram(io, (code) => {
    exitCode = code;
  });
  try {
    if (args.length === 0) await print(io.stdout, beginning(io));
    else await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // already printed
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof OutputError) return 1;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const expected = error instanceof CliError || error instanceof UnrolledError;
    const line = expected ? message : `unexpected error: ${message} (UNROLLED_DEBUG=1 shows where)`;
    io.stderr.write(`${styled(io.stderr, 'red', 'unrolled:')} ${printable(line)}\n`);
    if (process.env.UNROLLED_DEBUG) io.stderr.write(`${stack}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}
