import type { InitialStates } from '../engine/graph.ts';
import type { Layer } from '../engine/layer.ts';
import { UNINITIALIZED } from '../engine/network.ts';
import { ArgumentError, FormatError, reading } from '../errors.ts';
import type { SequentialBase } from '../model/core/sequentialBase.ts';
import { startFrom } from '../model/graph/initialStates.ts';
import { Model } from '../model/graph/model.ts';
import { nodesOf } from '../model/graph/structure.ts';
import { type LayerConfig, layerMaker } from '../model/registry.ts';
import { Sequential } from '../model/sequential.ts';
import type { NDArray } from '../ndarray.ts';
import { onQuantKernels, quantModule, supply } from '../quant/kernels.ts';
import { makeQuantized } from '../quant/layers.ts';
import { initSync } from '../wasm/initSync.ts';
import { runtime } from '../wasm/runtime.ts';
import { type AudioSource, checkModel } from './features.ts';

/** A model and its kernels as data for postMessage; nothing has to be loaded or decoded. */
export interface PackedModel {
  /** The kernels, compiled. */
  readonly module: WebAssembly.Module;
  /** Type and options of each layer. */
  readonly layers: readonly LayerConfig[];
  /** Parameters under torch.nn's names; int8 weights as they lie in memory. */
  readonly parameters: Readonly<Record<string, NDArray>>;
  /** The kernels of quantized layers, where there are any. */
  readonly quantModule?: WebAssembly.Module | undefined;
  /** Only a graph has it. */
  readonly graph?: undefined;
  /** Only a graph has them. */
  readonly initialStates?: undefined;
}

/** A `Model` and its kernels as data for postMessage. */
export interface PackedGraph extends Omit<PackedModel, 'graph' | 'initialStates'> {
  /** How the layers are connected. */
  readonly graph: object;
  /** States that streams start from, by name: those of an amplifier's model. */
  readonly initialStates?: InitialStates | undefined;
}

/** Copies the parameters. @throws {ArgumentError} if it is no model @throws {StateError} before `init()` */
export function packModel(model: Model): PackedGraph;
export function packModel(model: SequentialBase): PackedModel;
export function packModel(model: AudioSource): PackedModel | PackedGraph;
export function packModel(model: AudioSource): PackedModel | PackedGraph {
  checkModel(model);
  return {
    module: runtime().module,
    layers: model.layers.map((layer) => ({ type: layer.type, ...layer.config(model.layers) })),
    parameters: parametersOf(model),
    ...(planesOf(model) ? { quantModule: quantModule() } : {}),
    ...('structure' in model ? { graph: model.structure(), initialStates: model.network.initialStates } : {}),
  };
}

/** Copies of the parameters; int8 weights as they lie in memory. */
export function parametersOf(model: AudioSource): Record<string, NDArray> {
  return planesOf(model) ? model.network.stateDict() : model.stateDict();
}

/** Planes of activations by layer, as a text; empty if no layer is quantized. */
export function planesOf({ layers }: AudioSource): string {
  const planes = layers.map((layer) => layer.config(layers).quantized);
  return planes.some((one) => one !== undefined) ? planes.join() : '';
}

/**
 * Creates the model synchronously on its kernels, which models created later use as well.
 * @throws {ArgumentError} if it is not what `packModel` gives, or a module is not a build of these kernels
 * @throws {FormatError} if a layer has an unknown type
 * @throws {MemoryError} if the engine can't allocate memory
 */
export function unpackModel(packed: PackedGraph): Model;
export function unpackModel(packed: PackedModel): Sequential;
export function unpackModel(packed: PackedModel | PackedGraph): Sequential | Model;
export function unpackModel(packed: PackedModel | PackedGraph): Sequential | Model {
  return reading('packed', packed, () => {
    if (!(packed?.layers && packed.parameters))
      throw new ArgumentError('packed', 'what packModel gives', packed);
    return unpacked(packed);
  });
}

function unpacked({
  module,
  layers,
  parameters,
  quantModule,
  graph,
  initialStates = {},
}: PackedModel | PackedGraph): Sequential | Model {
  if (!Array.isArray(layers)) throw new ArgumentError('packed.layers', 'a list', layers);
  const { kernels } = initSync({ module });
  const most = Object.keys(parameters).length;
  const make = layerMaker({});
  const made = layers.map((config, i) => unpackLayer(i, config, (plain) => make(plain, most)));
  const create = () =>
    graph ? new Model(nodesOf(graph, made), UNINITIALIZED) : new Sequential(made, UNINITIALIZED);
  if (quantModule !== undefined) supply(kernels, quantModule);
  const isQuantized = layers.some(({ quantized }) => quantized !== undefined);
  const model = isQuantized ? onQuantKernels(create) : create();
  try {
    model.loadStateDict(parameters);
    if (model instanceof Model) startFrom(model, initialStates);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

function unpackLayer(i: number, packed: LayerConfig, make: (config: LayerConfig) => Layer): Layer {
  if (typeof packed !== 'object' || packed === null)
    throw new ArgumentError(`packed.layers[${i}]`, 'a layer as data', packed);
  const { quantized, ...config } = packed;
  const layer = make(config);
  const reason = quantized === undefined ? undefined : makeQuantized(layer, quantized as number);
  if (reason !== undefined) throw new FormatError(`${layer.type}: ${reason}`);
  return layer;
}
