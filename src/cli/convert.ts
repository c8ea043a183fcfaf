import { extname } from 'node:path';
import { UnrolledError } from '../errors.ts';
import { WRITERS } from '../modelFiles/writers.ts';
import { CliError } from './failure.ts';
import { sameFile, shown } from './files.ts';
import { type Io, print } from './io.ts';
import { openModel } from './openModel.ts';
import { size } from './show.ts';
import { writeWhole } from './writeFile.ts';

/** Endings that `convert` writes. */
export const ENDINGS = Object.keys(WRITERS);

/** `unrolled convert`: reads a file of any known format and writes it in the format that the second name ends with. */
export async function convert(from: string, to: string, io: Io): Promise<number> {
  const ending = extname(to).toLowerCase();
  const write = Object.hasOwn(WRITERS, ending) ? WRITERS[ending] : undefined;
  if (!write) throw new CliError(`${shown(to)}: expected a name that ends with ${ENDINGS.join(' or ')}`, 2);
  if (sameFile(from, to)) throw new CliError(`${shown(to)} is the file to read`, 2);
  const opened = await openModel(from, io);
  const bytes = await write(opened).catch((error) => {
    throw error instanceof UnrolledError ? new CliError(`${shown(from)}: ${error.message}`) : error;
  });
  writeWhole(to, bytes);
  await print(io.stdout, `${shown(to)}: ${size(bytes.length)} from ${opened.format}\n`);
  return 0;
}
