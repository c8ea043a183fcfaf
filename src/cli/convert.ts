import { basename, dirname, extname, join } from 'node:path';
import { UnrolledError } from '../errors.ts';
import type { Opened } from '../modelFiles/opened.ts';
import { WRITERS } from '../modelFiles/writers.ts';
import { CliError } from './failure.ts';
import { STDIN, sameFile, shown } from './files.ts';
import { type Io, print } from './io.ts';
import { openModel } from './openModel.ts';
import { quoted, size } from './show.ts';
import { writeTfjs } from './tfjs.ts';
import { torchFile } from './torch/torchFile.ts';
import { writeTriton } from './triton.ts';
import { writeWhole } from './writeFile.ts';

export interface ConvertOptions {
  /** What OUT is, if its name does not tell. */
  readonly to?: Target;
}

/** Endings that `convert` writes. */
export const ENDINGS = [...Object.keys(WRITERS), '.json'];

/** What is written for other programs: writes it, and gives the lines that tell what. */
const TARGETS = {
  torch: async (opened: Opened, from: string, to = besides(from)) => {
    const text = await torchFile(opened, from, to);
    writeWhole(to, new TextEncoder().encode(text));
    const command = `torchrun --nproc-per-node 2 ${quoted(to)} FILE`;
    const loop = text.includes('def main') ? `; goes on with: ${command}` : '';
    return `${shown(to)}: a module of PyTorch that loads ${shown(from)}${loop}`;
  },
  triton: async (opened: Opened, _from: string, to?: string) => {
    if (to === undefined) throw new CliError('--to triton: expected OUT, a folder for the model', 2);
    return writeTriton(opened, to);
  },
  keras: (opened: Opened, _from: string, to?: string) => writeTfjs(opened, to, true),
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
  if (to !== undefined && sameFile(from, to)) throw new CliError(`${shown(to)} is the file to read`, 2);
  if (target) {
    if (from === STDIN) throw new CliError('--to: the model can not be read from standard input', 2);
    const opened = await openModel(from, io);
    await print(io.stdout, `${await named(from, TARGETS[target](opened, from, to))}\n`);
    return 0;
  }
  if (to !== undefined && extname(to).toLowerCase() === '.json') {
    await print(io.stdout, `${await named(from, writeTfjs(await openModel(from, io), to, false))}\n`);
    return 0;
  }
  const write = to === undefined ? undefined : WRITERS[extname(to).toLowerCase()];
  if (to === undefined || !write) {
    const given = to === undefined ? 'OUT' : shown(to);
    throw new CliError(`${given}: expected a name that ends with ${ENDINGS.join(' or ')}, or --to`, 2);
  }
  const opened = await openModel(from, io);
  const bytes = await named(from, write(opened));
  writeWhole(to, bytes);
  await print(io.stdout, `${shown(to)}: ${size(bytes.length)} from ${opened.format}\n`);
  return 0;
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
    if (!isOurs || isUsage || error.message.startsWith("can't write")) throw error;
    throw new CliError(`${shown(path)}: ${error.message}`, 1, { cause: error });
  }
}
