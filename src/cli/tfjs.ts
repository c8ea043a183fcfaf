import { basename, dirname, extname, join } from 'node:path';
import { FormatError, type Model } from '../index.ts';
import type { Opened } from '../modelFiles/opened.ts';
import { saveTfjs } from '../tfjsWriter/index.ts';
import type { Converted } from './converted.ts';
import { CliError } from './failure.ts';
import { shown } from './files.ts';
import { size } from './show.ts';

/**
 * A model as a model.json of TensorFlow.js, and its weights next to it as `NAME.bin`.
 * @param keras for Keras and this package, see `saveTfjs`
 */
export async function tfjsFiles(
  { model, whyNot, format }: Opened,
  to: string | undefined,
  keras: boolean,
): Promise<Converted> {
  if (to === undefined || extname(to).toLowerCase() !== '.json')
    throw new CliError('expected OUT, a name that ends with .json', 2);
  if (!model) throw new FormatError(`it can't be written for TensorFlow.js: ${whyNot ?? 'it has no layers'}`);
  const weights = `${basename(to, extname(to))}.bin`;
  const files = saveTfjs((await model()) as Model, { weights, keras });
  const path = join(dirname(to), weights);
  const [json, numbers] = [files['model.json']!, files[weights]!];
  return {
    files: [
      [path, numbers],
      [to, json],
    ],
    line: `${shown(to)}: ${size(json.length)}, and ${shown(path)}: ${size(numbers.length)}, from ${format}`,
  };
}
