import { record } from '../check.ts';
import { type Tensor, toFloat32 } from '../io/dtype.ts';
import { parseSafetensors, type SafetensorsFile } from '../io/parse.ts';
import type { LayerConfig } from './core/layerFactory.ts';
import { type Files, KEY } from './core/save.ts';

/** Texts by name that a saved model contains, such as a vocabulary. */
export type Metadata = Readonly<Record<string, string>>;

/** What the whole package reads besides. */
export const FILES: Files = { parse: parseSafetensors, convert, fromVersion1 };

/** A file without what a fit adds to a checkpoint. */
export function withoutFit(file: SafetensorsFile): SafetensorsFile {
  const isFit = (name: string) => /^optimizer\.fit-best(-average)?\./.test(name);
  return { ...file, tensors: new Map([...file.tensors].filter(([name]) => !isFit(name))) };
}

/** The metadata of a model and those given to `save`. @throws {ArgumentError} if they are no object, or can't be read */
export function merged(own: Metadata, given: Metadata): Metadata {
  return { ...own, ...record('metadata', given, 'an object with string values') };
}

/** Loads a model, which keeps the metadata of its file. */
export function withMetadata<M extends { metadata: Metadata }>(load: (files: Files) => M): M {
  let found: Metadata = {};
  const parse = (bytes: Uint8Array | ArrayBuffer) => {
    const file = parseSafetensors(bytes);
    found = file.metadata;
    return file;
  };
  const model = load({ ...FILES, parse });
  const { [KEY]: _, ...metadata } = found;
  model.metadata = metadata;
  return model;
}

/** Whether a file has a graph, for `Model.load`. @throws {FormatError} if it is no safetensors file */
export function hasGraph(bytes: Uint8Array | ArrayBuffer): boolean {
  const { metadata } = parseSafetensors(bytes);
  return described(metadata[KEY])?.graph !== undefined;
}

/** What a text of JSON describes; undefined if it is not JSON, which is for `load` to tell. */
function described(text: string | undefined): { readonly graph?: unknown } | undefined {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}

/** A tensor of floats as F32; others are unchanged. */
function convert(tensor: Tensor): Tensor {
  const { dtype, shape } = tensor;
  if (dtype !== 'F64' && dtype !== 'F16' && dtype !== 'BF16') return tensor;
  return { dtype: 'F32', shape, data: toFloat32(tensor) };
}

let warned = false;

/** In version 1 a LastStep behind a bidirectional layer had the meaning of `sameStep`. */
function fromVersion1(layers: readonly LayerConfig[]): readonly LayerConfig[] {
  const last = layers.findIndex((layer) => layer?.type === 'LastStep');
  let before = last - 1;
  while (layers[before]?.type === 'Dropout') before--;
  if (layers[before]?.bidirectional !== true) return layers;
  if (!warned) {
    console.warn(
      'unrolled: in a saved model of version 1 LastStep behind a bidirectional layer is LastStep({ sameStep: true })',
    );
  }
  warned = true;
  return layers.map((layer, i) => (i === last ? { ...layer, sameStep: true } : layer));
}
