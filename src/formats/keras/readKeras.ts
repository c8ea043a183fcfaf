import { Missing } from '../missing.ts';
import type * as binary from './binary.ts';
import type { MoreLayers } from './builder.ts';
import { fail, layerOf } from './config.ts';
import { describe } from './describe.ts';
import type { KerasDescription } from './description.ts';
import { field, isObject, type Json, type JsonObject } from './json.ts';
import type * as keras3 from './keras3.ts';
import { parseJson } from './parse.ts';
import type * as manifest from './tfjsWeights.ts';
import { type WeightSource, Weights } from './weights.ts';

/** Files by name. */
export type FileMap = ReadonlyMap<string, Uint8Array>;

/** All readers of files: `storage` of unrolled/keras-storage. */
export interface KerasStorage extends binary.Compressed {
  /** Reads .keras and .h5 files. */
  readonly readBinary: typeof binary.readBinary;
  /** Reads descriptions as Keras 3 writes them. */
  readonly fromKeras3: typeof keras3.fromKeras3;
  /** Reads weights of TensorFlow.js. */
  readonly ManifestWeights: typeof manifest.ManifestWeights;
}

/** Parts of the reader that not all files need. */
export interface Parts {
  readonly binary?: Pick<KerasStorage, 'readBinary'> | undefined;
  readonly keras3?: Pick<KerasStorage, 'fromKeras3'> | undefined;
  readonly manifest?: Pick<KerasStorage, 'ManifestWeights'> | undefined;
  readonly storage?: binary.Compressed | undefined;
  /** Layers besides those of `LAYERS`. */
  readonly layers?: MoreLayers | undefined;
}

/** A part. @throws {Missing} if it is not there */
function need<Name extends keyof Parts>(parts: Parts, name: Name): NonNullable<Parts[Name]> {
  const part = parts[name];
  if (!part) throw new Missing(name);
  return part;
}

/**
 * Reads a Keras model: one file (.keras, .h5), or several by name (model.json of TensorFlow.js and its shards;
 * config.json and model.weights.h5; an architecture as JSON and an .h5 of weights).
 * @param architecture of files that contain weights only
 * @throws {Missing} if a part is not there that the files need
 * @throws {FormatError} if the files are damaged or incomplete, or the model is not supported
 */
export function readKeras(files: FileMap, architecture: Json | undefined, parts: Parts): KerasDescription {
  let found: Json | undefined;
  let weights: WeightSource | undefined;
  let version: string | undefined;
  const manifests: Json[] = [];
  for (const [name, bytes] of files) {
    if (isBinary(bytes) || !isJson(name, bytes)) continue;
    const json = parseJson(new TextDecoder().decode(bytes), name || 'file');
    if (field(json, 'weightsManifest') !== undefined) manifests.push(json.weightsManifest!);
    found ??= modelIn(json);
    version ??= versionOf(json) ?? versionOf(json.modelTopology);
  }
  if (manifests.length > 1) fail('the files contain two models of TensorFlow.js');
  if (manifests.length)
    weights = new (need(parts, 'manifest').ManifestWeights)(manifests[0], (path) => shardOf(files, path));
  // shards may begin as any file does
  for (const bytes of manifests.length ? [] : files.values()) {
    if (!isBinary(bytes)) continue;
    const file = need(parts, 'binary').readBinary(
      bytes,
      parts.storage ?? { inflate: missing, chunks: missing, objects: missing },
    );
    if (file.architecture) found = parseJson(...file.architecture);
    version = file.version ?? (file.metadata && versionOf(parseJson(...file.metadata))) ?? version;
    weights = file.weights;
  }
  const model = architecture === undefined ? found : architecture;
  if (model === undefined || model === null) {
    const [first] = files.keys();
    return fail(
      weights
        ? 'the file contains weights only: pass { architecture }, the result of model.to_json()'
        : `${files.size > 1 ? `${first}: ` : ''}it is no .keras file, .h5 file or model.json`,
    );
  }
  if (!weights) return fail('the files contain no weights');
  const prepared = parts.layers?.prepare?.(model) ?? model;
  const isPlain = !version?.startsWith('3') && isOfKeras2(prepared);
  const json = isPlain ? prepared : need(parts, 'keras3').fromKeras3(prepared, version);
  return describe(json, new Weights(weights), version, parts.layers);
}

/** Whether a description has nothing that only later versions write. */
function isOfKeras2(model: Json): boolean {
  return !/"(module|registered|build|shared|__)|(dtype|put_?layers)":\{/i.test(JSON.stringify(model));
}

/** Whether a file begins as a zip archive or an HDF5 file. */
function isBinary([a, b]: Uint8Array): boolean {
  return (a === 0x50 && b === 0x4b) || (a === 0x89 && b === 0x48);
}

const missing = (): never => {
  throw new Missing('storage');
};

/** Whether a file is JSON: by its name, or, if it has none, by its first character. */
function isJson(name: string, bytes: Uint8Array): boolean {
  if (name) return /\.json$/i.test(name);
  return /^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}

/** The bytes of a path in a manifest: by the whole path, or by the name of the file. */
function shardOf(files: FileMap, path: string): Uint8Array {
  const name = (whole: string) => whole.split(/[\\/]/).at(-1);
  const found = files.get(path) ?? [...files].find(([each]) => name(each) === name(path))?.[1];
  if (!found) return fail(`file ${path.slice(0, 80)}, which the manifest lists, is not among the files`);
  return found;
}

/** The model in a JSON file: itself, or inside what TensorFlow.js puts around it. */
export function modelIn(json: JsonObject): Json | undefined {
  const { modelTopology } = json;
  if (json.format === 'graph-model')
    fail('a graph model of TensorFlow.js has no layers, and is not supported');
  if (isObject(modelTopology)) return modelIn(modelTopology);
  const inner = field(json, 'model_config');
  if (isObject(inner)) return inner;
  return layerOf(json) && json;
}

function versionOf(json: Json | undefined): string | undefined {
  const version = isObject(json) && field(json, 'keras_version');
  return typeof version === 'string' ? version : undefined;
}
