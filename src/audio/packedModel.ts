import type { Layer } from '../engine/layer.ts';
import { UNINITIALIZED } from '../engine/network.ts';
import { FormatError } from '../errors.ts';
import type { SequentialBase } from '../model/core/sequentialBase.ts';
import { type LayerConfig, layerMaker } from '../model/registry.ts';
import { Sequential } from '../model/sequential.ts';
import type { NDArray } from '../ndarray.ts';
import { onQuantKernels, quantModule, supply } from '../quant/kernels.ts';
import { makeQuantized } from '../quant/layers.ts';
import { initSync } from '../wasm/initSync.ts';
import { runtime } from '../wasm/runtime.ts';

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
}

/** Copies the parameters. @throws {StateError} before `init()` */
export function packModel(model: SequentialBase): PackedModel {
  return {
    module: runtime().module,
    layers: model.layers.map((layer) => ({ type: layer.type, ...layer.config(model.layers) })),
    parameters: parametersOf(model),
    ...(planesOf(model) ? { quantModule: quantModule() } : {}),
  };
}

/** Copies of the parameters; int8 weights as they lie in memory. */
export function parametersOf(model: SequentialBase): Record<string, NDArray> {
  return planesOf(model) ? model.network.stateDict() : model.stateDict();
}

/** Planes of activations by layer, as a text; empty if no layer is quantized. */
export function planesOf({ layers }: SequentialBase): string {
  const planes = layers.map((layer) => layer.config(layers).quantized);
  return planes.some((one) => one !== undefined) ? planes.join() : '';
}

/**
 * Creates the model synchronously on its kernels, which models created later use as well.
 * @throws {ArgumentError} if the module is not a build of these kernels
 * @throws {FormatError} if a layer has an unknown type
 * @throws {MemoryError} if the engine can't allocate memory
 */
export function unpackModel({ module, layers, parameters, quantModule }: PackedModel): Sequential {
  const { kernels } = initSync({ module });
  const most = Object.keys(parameters).length;
  const make = layerMaker({});
  const made = layers.map((config) => unpackLayer(config, (plain) => make(plain, most)));
  const create = () => new Sequential(made, UNINITIALIZED);
  if (quantModule) supply(kernels, quantModule);
  const isQuantized = layers.some(({ quantized }) => quantized !== undefined);
  const model = isQuantized ? onQuantKernels(create) : create();
  try {
    model.loadStateDict(parameters);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

function unpackLayer({ quantized, ...config }: LayerConfig, make: (config: LayerConfig) => Layer): Layer {
  const layer = make(config);
  const reason = quantized === undefined ? undefined : makeQuantized(layer, quantized as number);
  if (reason !== undefined) throw new FormatError(`${layer.type}: ${reason}`);
  return layer;
}
