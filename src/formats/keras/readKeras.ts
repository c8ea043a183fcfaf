import { FormatError } from '../../errors.ts';
import type { Hdf5Storage } from '../hdf5/file.ts';
import { type Hdf5Object, openHdf5 } from '../hdf5/object.ts';
import { isHdf5 } from '../hdf5/superblock.ts';
import { readZip, type ZipOptions } from '../zip/zip.ts';
import type { MoreLayers } from './builder.ts';
import { layerOf } from './config.ts';
import { describe } from './describe.ts';
import type { KerasDescription } from './description.ts';
import { LayerWeights, listOf, PathWeights, textsOf } from './h5Weights.ts';
import { field, isObject, type Json, type JsonObject } from './json.ts';
import { parseJson } from './parse.ts';
import { ManifestWeights } from './tfjsWeights.ts';
import type { Weights } from './weights.ts';

/** Files by name. */
export type FileMap = ReadonlyMap<string, Uint8Array>;

/** Readers of what files of Keras seldom have: `storage` of unrolled/keras-storage. */
export interface KerasStorage extends Hdf5Storage {
  /** Inflates raw deflate to `size` bytes; undefined if they are more or less. */
  readonly inflate: NonNullable<ZipOptions['inflate']>;
}

/** Bytes of a description in an archive, besides the size of the archive. */
const LONGEST_JSON = 2 ** 22;

/** What the files of a model are: its architecture, and its numbers. */
interface Parts {
  architecture?: Json | undefined;
  weights?: Weights | undefined;
  version?: string | undefined;
}

/**
 * Reads a Keras model: one file (.keras, .h5), or several by name (model.json of TensorFlow.js and its shards;
 * config.json and model.weights.h5; an architecture as JSON and an .h5 of weights).
 * @param architecture of files that contain weights only
 * @param more layers besides those of `LAYERS`
 * @param storage reads compressed data
 * @throws {FormatError} if the files are damaged or incomplete, or the model is not supported
 */
export function readKeras(
  files: FileMap,
  architecture?: Json,
  more?: MoreLayers,
  storage?: KerasStorage,
): KerasDescription {
  const parts: Parts = {};
  const named = (name: string) => (files.size > 1 ? `${name}: ` : '');
  const left: [string, Uint8Array][] = [];
  for (const [name, bytes] of files) {
    if (isZip(bytes)) readArchive(bytes, parts, storage);
    else if (isHdf5(bytes)) readHdf5(openHdf5(bytes, storage), parts);
    else left.push([name, bytes]);
  }
  const manifests: Json[] = [];
  for (const [name, bytes] of left) {
    if (!isJson(name, bytes)) continue;
    const json = parseJson(new TextDecoder().decode(bytes), name || 'file');
    if (field(json, 'weightsManifest') !== undefined) manifests.push(json.weightsManifest!);
    parts.architecture ??= modelIn(json);
    parts.version ??= versionOf(json) ?? versionOf(json.modelTopology);
  }
  if (manifests.length > 1) throw new FormatError('keras: the files contain two models of TensorFlow.js');
  if (manifests.length) parts.weights = new ManifestWeights(manifests[0], (path) => shardOf(files, path));
  const model = architecture === undefined ? parts.architecture : architecture;
  if (model === undefined || model === null) {
    const [first] = files.keys();
    throw new FormatError(
      parts.weights
        ? 'keras: the file contains weights only: pass { architecture }, the result of model.to_json()'
        : `keras: ${named(first ?? '')}it is no .keras file, .h5 file or model.json`,
    );
  }
  if (!parts.weights) throw new FormatError('keras: the files contain no weights');
  return describe(model, parts.weights, parts.version, more);
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/** Whether a file is JSON: by its name, or, if it has none, by its first character. */
function isJson(name: string, bytes: Uint8Array): boolean {
  if (name) return /\.json$/i.test(name);
  return /^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}

/** A .keras file. */
function readArchive(bytes: Uint8Array, parts: Parts, storage: KerasStorage | undefined): void {
  const inflate = () => {
    throw new FormatError('pass { storage }, from unrolled/keras-storage');
  };
  const members = readZip(bytes, { format: 'keras', inflate: storage?.inflate ?? inflate });
  const text = (name: string) => {
    const member = members.get(name);
    if (member && member.size > LONGEST_JSON + bytes.length)
      throw new FormatError(
        `keras: ${name}: ${member.size} bytes are too many for an archive of ${bytes.length}`,
      );
    return member && parseJson(new TextDecoder().decode(member.read()), name);
  };
  const config = text('config.json');
  const weights = members.get('model.weights.h5');
  if (!config || !weights) throw new FormatError('keras: the archive lacks config.json or model.weights.h5');
  parts.architecture = config;
  parts.version = versionOf(text('metadata.json'));
  parts.weights = new PathWeights(openHdf5(weights.read(), storage));
}

/** A whole model or weights only, by layer or, as Keras 3, by path. */
function readHdf5(root: Hdf5Object, parts: Parts): void {
  const [config] = textsOf(root, 'model_config') ?? [];
  if (config !== undefined) parts.architecture = parseJson(config, 'model_config');
  parts.version = textsOf(root, 'keras_version')?.[0];
  const group = root.get('model_weights') ?? root;
  const isByLayer = listOf(group, 'layer_names').length > 0;
  parts.weights = isByLayer ? new LayerWeights(group) : new PathWeights(root);
}

/** The bytes of a path in a manifest: by the whole path, or by the name of the file. */
function shardOf(files: FileMap, path: string): Uint8Array {
  const name = (whole: string) => whole.split(/[\\/]/).at(-1);
  const found = files.get(path) ?? [...files].find(([each]) => name(each) === name(path))?.[1];
  if (!found)
    throw new FormatError(
      `keras: file ${path.slice(0, 80)}, which the manifest lists, is not among the files`,
    );
  return found;
}

/** The model in a JSON file: itself, or inside what TensorFlow.js puts around it. */
export function modelIn(json: JsonObject): Json | undefined {
  const { modelTopology } = json;
  if (json.format === 'graph-model')
    throw new FormatError('keras: a graph model of TensorFlow.js has no layers, and is not supported');
  if (isObject(modelTopology)) return modelIn(modelTopology);
  const inner = field(json, 'model_config');
  if (isObject(inner)) return inner;
  return layerOf(json) && json;
}

function versionOf(json: Json | undefined): string | undefined {
  const version = isObject(json) ? field(json, 'keras_version') : undefined;
  return typeof version === 'string' ? version : undefined;
}
