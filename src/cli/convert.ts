import { basename, dirname, extname, join } from 'node:path';
import { UnrolledError } from '../errors.ts';
import type { Opened } from '../modelFiles/opened.ts';
import { WRITERS } from '../modelFiles/writers.ts';
import { type Converted, checkNotRead, hasInitialStates, writeConverted } from './converted.ts';
import { CliError, printable } from './failure.ts';
import { STDIN, shown } from './files.ts';
import { type Io, print } from './io.ts';
import { openModel } from './openModel.ts';
import { quoted, size } from './show.ts';
import { tfjsFiles } from './tfjs.ts';
import { torchFile } from './torch/torchFile.ts';
import { tritonFiles } from './triton.ts';

export interface ConvertOptions {
  /** What OUT is, if its name does not tell. */
  readonly to?: Target;
}

/** Endings that `convert` writes. */
export const ENDINGS = [...Object.keys(WRITERS), '.json'];

/** What is made for other programs. */
const TARGETS = {
  torch: async (opened: Opened, from: string, to = besides(from)): Promise<Converted> => {
    const text = await torchFile(opened, from, to);
    const command = `torchrun --nproc-per-node 2 ${quoted(to)} FILE`;
    const loop = text.includes('def main') ? `; goes on with: ${command}` : '';
    return {
      files: [[to, new TextEncoder().encode(text)]],
      line: `${shown(to)}: a module of PyTorch that loads ${shown(from)}${loop}`,
    };
  },
  triton: async (opened: Opened, _from: string, to?: string) => {
    if (to === undefined) throw new CliError('--to triton: expected OUT, a folder for the model', 2);
    return tritonFiles(opened, to);
  },
  keras: (opened: Opened, _from: string, to?: string) => tfjsFiles(opened, to, true),
} as const;
export type Target = keyof typeof TARGETS;

/**
 * `unrolled convert`: reads a file of any known format and writes it in the format that the second name ends with, or for
 * another program.
 */
export async function convert(
  from: string,
  to: string | undefined,
  { to: target }: ConvertOptions,
  io: Io,
): Promise<number> {
  if (to !== undefined) checkNotRead(to, [from]);
  if (target && from === STDIN) throw new CliError('--to: the model can not be read from standard input', 2);
  const make = target
    ? (opened: Opened) => TARGETS[target](opened, from, to)
    : byEnding(to, to === undefined ? '' : extname(to).toLowerCase());
  const opened = await openModel(from, io);
  const converted = await named(from, make(opened));
  writeConverted(converted, opened.files);
  await print(io.stdout, `${printable(converted.line)}\n`);
  return 0;
}

/** How a file is made whose name has an ending. @throws {CliError} if none is made with it */
function byEnding(to: string | undefined, ending: string): (opened: Opened) => Promise<Converted> {
  if (ending === '.json') return (opened) => tfjsFiles(opened, to, false);
  const write = WRITERS[ending];
  if (to === undefined || !write) {
    const given = to === undefined ? 'OUT' : shown(to);
    throw new CliError(`${given}: expected a name that ends with ${ENDINGS.join(' or ')}, or --to`, 2);
  }
  return async (opened) => {
    const bytes = await write(opened);
    const model = ending === '.safetensors' ? await opened.model?.() : undefined;
    const without = model && hasInitialStates(model) ? '; without its initial states' : '';
    return {
      files: [[to, bytes]],
      line: `${shown(to)}: ${size(bytes.length)} from ${opened.format}${without}`,
    };
  };
}

/** `model.py` for `model.safetensors`. */
function besides(path: string): string {
  return join(dirname(path), `${basename(path, extname(path))}.py`);
}

/** Errors start with the file. */
async function named<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const isUsage = error instanceof CliError && error.exitCode === 2;
    const isOurs = error instanceof UnrolledError || error instanceof CliError;
    if (!isOurs || isUsage) throw error;
    throw new CliError(`${shown(path)}: ${error.message}`, 1, { cause: error });
  }
}
