import { extname } from 'node:path';
import type { Model } from '../index.ts';
import { serializeSafetensors } from '../io/index.ts';
import { saveOnnx } from '../onnxWriter/index.ts';
import { CliError } from './failure.ts';
import { sameFile, shown } from './files.ts';
import { type Io, print } from './io.ts';
import { openModel } from './models/open.ts';
import type { Opened } from './models/opened.ts';
import { size } from './show.ts';
import { writeWhole } from './writeFile.ts';

type Write = (opened: Opened, path: string) => Promise<Uint8Array>;

/** Formats that are written, by the ending of the file's name. */
const WRITERS: Readonly<Record<string, Write>> = {
  '.safetensors': async ({ model, tensors, metadata }, path) => {
    if (model) return (await model()).save();
    if (tensors) return serializeSafetensors(tensors as never, metadata);
    throw new CliError(`${path}: has neither tensors nor layers that can be saved`);
  },
  '.onnx': async ({ model, whyNot }, path) => {
    if (!model) throw new CliError(`${path}: can't be written as ONNX: ${whyNot ?? 'it has no layers'}`);
    return saveOnnx((await model()) as Model);
  },
};

/** Endings that `convert` writes. */
export const ENDINGS = Object.keys(WRITERS);

/** `unrolled convert`: reads a file of any known format and writes it in the format that the second name ends with. */
export async function convert(from: string, to: string, io: Io): Promise<number> {
  const ending = extname(to).toLowerCase();
  const write = Object.hasOwn(WRITERS, ending) ? WRITERS[ending] : undefined;
  if (!write) throw new CliError(`${shown(to)}: expected a name that ends with ${ENDINGS.join(' or ')}`, 2);
  if (sameFile(from, to)) throw new CliError(`${shown(to)} is the file to read`, 2);
  const opened = await openModel(from, io);
  const bytes = await write(opened, shown(from));
  writeWhole(to, bytes);
  await print(io.stdout, `${shown(to)}: ${size(bytes.length)} from ${opened.format}\n`);
  return 0;
}
