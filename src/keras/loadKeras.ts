import { options } from '../check.ts';
import { ArgumentError, reading } from '../errors.ts';
import { bytesByName, type FileBytes } from '../fileBytes.ts';
import type { KerasDescription } from '../formats/keras/description.ts';
import type { Json } from '../formats/keras/json.ts';
import { parseJson } from '../formats/keras/parse.ts';
import { type KerasStorage, modelIn } from '../formats/keras/readKeras.ts';
import type { KerasLayers } from '../kerasLayers/table.ts';
import { type KerasModel, kerasModelOf } from './kerasModel.ts';
import { read } from './read.ts';

/** The bytes of one file, or those of several by name. */
export type KerasFiles = FileBytes | Readonly<Record<string, FileBytes>>;

/** Options of `loadKeras` and `readKeras`. */
export interface KerasOptions {
  /** For files that contain weights only: the result of `model.to_json()`, as text or parsed. */
  readonly architecture?: string | object | undefined;
  /** `layers` of unrolled/keras-layers, so that none are loaded with `import()`. */
  readonly layers?: KerasLayers | undefined;
  /** `storage` of unrolled/keras-storage, so that no reader of files is loaded with `import()`. */
  readonly storage?: KerasStorage | undefined;
}

/**
 * Loads a model of Keras 2 or 3 or of TensorFlow.js, whose weights are those of the file. One file: `.keras`, or `.h5` of
 * a whole model; with `architecture` also an `.h5` of weights only. Several files by name: `model.json` of TensorFlow.js and
 * the shards that it lists; `config.json` and `model.weights.h5`; an architecture as JSON and an `.h5` of weights. Readers of
 * what the files have are loaded with `import()`.
 *
 * @throws {FormatError} if the files are damaged or incomplete, or the model has a layer or option that is not supported;
 * the message names both
 * @throws {ArgumentError} if the files are not bytes, or an option is unknown
 * @throws {MemoryError} beyond 2 GiB
 * @throws {StateError} before `init()`, or if `import()` fails
 */
export async function loadKeras(files: KerasFiles, opts?: KerasOptions): Promise<KerasModel> {
  const { description, classes } = await found(files, opts);
  return kerasModelOf(description, classes);
}

/**
 * Reads what `loadKeras` loads without making a model: its layers and weights as this package has them, how they are
 * connected, and inputs and outputs in the layout of the file. Needs no WebAssembly and no `init()`.
 *
 * @throws {FormatError | ArgumentError} as `loadKeras`
 * @throws {StateError} if `import()` fails
 */
export async function readKeras(files: KerasFiles, opts?: KerasOptions): Promise<KerasDescription> {
  return (await found(files, opts)).description;
}

/** The description of a model, and the layers that it needs. */
function found(files: KerasFiles, opts: KerasOptions | undefined) {
  const { architecture, layers, storage } = options('loadKeras', opts, {
    architecture: true,
    layers: true,
    storage: true,
  });
  if (layers !== undefined && typeof layers?.prepare !== 'function')
    throw new ArgumentError('layers', 'those of unrolled/keras-layers', layers);
  if (storage !== undefined && typeof storage?.readBinary !== 'function')
    throw new ArgumentError('storage', 'that of unrolled/keras-storage', storage);
  return read(
    bytesByName(files),
    architecture === undefined ? architecture : architectureOf(architecture),
    layers,
    storage,
  );
}

function architectureOf(given: unknown): Json {
  const isText = typeof given === 'string';
  if (!isText && (typeof given !== 'object' || given === null))
    throw new ArgumentError('architecture', 'the result of model.to_json(), as text or parsed', given);
  const text = isText ? given : reading('architecture', given, () => JSON.stringify(given));
  const json = parseJson(text, 'architecture');
  return modelIn(json) ?? json;
}
