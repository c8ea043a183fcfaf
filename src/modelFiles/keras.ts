import { openHdf5 } from '../formats/hdf5/object.ts';
import { FormatError, ShapeError } from '../index.ts';
import { type KerasModel, loadKeras } from '../keras/index.ts';
import { compressed } from '../kerasStorage/compressed.ts';
import { drawn } from './drawn.ts';
import { recognize } from './fileKind.ts';
import { parsed } from './json.ts';
import { layersModel } from './layersModel.ts';
import { listed } from './listed.ts';
import { matched } from './modelPorts.ts';
import type { Format, LayerRow, ModelFile, Opened, Port, Value } from './opened.ts';

/** Models of Keras and TensorFlow.js. */
export const keras: Format = {
  kinds: ['keras', 'hdf5', 'tfjs', 'architecture'],
  expected: 'a model of Keras or TensorFlow.js (.keras, .h5, JSON)',
  open: async (file) => {
    try {
      return await whole(file);
    } catch (error) {
      const part = error instanceof FormatError ? parts(file) : undefined;
      if (!part) throw error;
      return { ...part, whyNot: (error as FormatError).message };
    }
  },
};

/** As files have it: not checked. */
type ShardGroup = {
  readonly paths?: readonly unknown[];
  readonly weights?: readonly ({ readonly shape?: unknown } | null)[];
} | null;

async function whole(file: ModelFile): Promise<Opened> {
  const { kind } = file;
  const files = filesOf(file);
  let made: KerasModel | undefined;
  const layers = await layersModel(file, async () => (made = await loadKeras(files)), 'batch-first');
  const model = made!;
  const port = ({ name, shape, indices }: KerasModel['kerasInputs'][number]): Port => ({
    name,
    type: indices ? 'int32' : 'float32',
    dims: shape,
  });
  const [inputs, outputs] = [model.kerasInputs.map(port), model.kerasOutputs.map(port)];
  return {
    ...layers,
    format: kind === 'tfjs' ? 'TensorFlow.js layers model' : 'Keras model',
    inputs,
    outputs,
    batchFirst: true,
    sections: model.ignored.length
      ? [{ title: 'Options of training without effect', rows: model.ignored.map((option) => [option]) }]
      : [],
    run: async (given = drawn(inputs)) => predict(model, inputs, outputs, given),
  };
}

type Part = [name: string, read: (most?: number) => Uint8Array];
/** Bytes by which HDF5 is recognized. */
const HEAD = 32;

/** The files of a model: the shards that it lists; with an architecture its weights, those of a similar name if there are several. */
function filesOf(file: ModelFile): Uint8Array | Record<string, Uint8Array> {
  const { bytes, kind, folder } = file;
  if (kind !== 'tfjs' && kind !== 'architecture') return bytes;
  const [[main], ...others] = [...folder()] as [Part, ...Part[]];
  if (kind === 'tfjs') {
    const paths = groupsOf(parsed(bytes)).flatMap((group) => group?.paths ?? []);
    return { ...listed(file, paths), [main]: bytes };
  }
  const weights = others.filter(([, read]) => recognize(read(HEAD)).name === 'hdf5');
  const stem = main.replace(/\.json$/i, '');
  const alike = weights.filter(([name]) => name.startsWith(stem));
  const found = weights.length > 1 ? alike : weights;
  if (found.length !== 1)
    throw new FormatError(
      `expected one .h5 file of weights in the folder${weights.length > 1 ? ` whose name starts with ${stem}` : ''}, got ${found.length}`,
    );
  const [[name, read]] = found as [Part];
  return { 'config.json': bytes, [name]: read() };
}

function predict(
  model: KerasModel,
  inputs: readonly Port[],
  outputs: readonly Port[],
  given: readonly Value[],
): Value[] {
  const values = matched(inputs, given).map(({ data, dims }, i) => {
    const { name, dims: wanted } = inputs[i]!;
    const fits = dims.every((size, i) => size > 0 && (i === 0 || (wanted[i] ?? size) === size));
    if (dims.length !== wanted.length || !fits)
      throw new ShapeError(`input ${name}`, `[${wanted.map((size) => size ?? 'any').join(', ')}]`, dims);
    return { data: Array.from(data, Number), shape: dims };
  });
  const x =
    inputs.length === 1 ? values[0]! : Object.fromEntries(inputs.map(({ name }, i) => [name, values[i]!]));
  const result = model.predict(x);
  const results = outputs.length === 1 ? [result] : Object.values(result);
  return (results as { data: Float32Array; shape: number[] }[]).map(({ data, shape }, i) => {
    return { name: outputs[i]!.name, type: 'float32', dims: shape, data };
  });
}

/** What a file holds that is not a whole model: the datasets of an .h5, the layers of a model.json. */
function parts({ bytes, kind }: ModelFile): Opened | undefined {
  if (kind === 'hdf5') {
    const tensors = [...openHdf5(bytes, compressed).datasets()].flatMap(([name, { shape, read }]) => {
      const { data, dtype = 'F32' } = read();
      if (!(data instanceof Float32Array || dtype === 'F16')) return [];
      return [[name, { dtype, shape, data: data as Float32Array<ArrayBuffer> }] as const];
    });
    return tensors.length ? { format: 'HDF5 with weights', tensors: new Map(tensors) } : undefined;
  }
  if (kind !== 'tfjs' && kind !== 'architecture') return undefined;
  const json = parsed(bytes);
  if (!json) return undefined;
  const { modelTopology = json } = json;
  const { config } = modelTopology?.model_config ?? modelTopology ?? {};
  const layers: unknown = Array.isArray(config) ? config : config?.layers;
  if (!Array.isArray(layers)) return undefined;
  const sizes = groupsOf(json)
    .flatMap((group) => group?.weights ?? [])
    .map((weight) =>
      Array.isArray(weight?.shape) ? weight.shape.reduce((a: number, b: number) => a * b, 1) : 0,
    );
  return {
    format: `${kind === 'tfjs' ? 'TensorFlow.js layers' : 'Keras'} model without its weights`,
    parameters: sizes.reduce((a: number, b: number) => a + b, 0),
    layers: layers.map((layer): LayerRow => {
      const { class_name: type, name, config } = layer ?? {};
      return { name: String(name ?? config?.name ?? ''), type: String(type), config: {} };
    }),
  };
}

/** The groups of shards that a model.json lists. */
function groupsOf(json: { readonly weightsManifest?: unknown } | undefined | null): readonly ShardGroup[] {
  return Array.isArray(json?.weightsManifest) ? json.weightsManifest : [];
}
