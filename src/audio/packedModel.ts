import type { SequentialBase } from '../model/core/sequentialBase.ts';
import { type LayerConfig, layerMaker } from '../model/registry.ts';
import { Sequential } from '../model/sequential.ts';
import type { NDArray } from '../ndarray.ts';
import { initSync } from '../wasm/initSync.ts';
import { runtime } from '../wasm/runtime.ts';

/** A model and its kernels as data for postMessage; nothing has to be loaded or decoded. */
export interface PackedModel {
  /** The kernels, compiled. */
  readonly module: WebAssembly.Module;
  /** Type and options of each layer. */
  readonly layers: readonly LayerConfig[];
  /** Parameters under torch.nn's names. */
  readonly parameters: Readonly<Record<string, NDArray>>;
}

/** Copies the parameters. @throws {StateError} before `init()` */
export function packModel(model: SequentialBase): PackedModel {
  return {
    module: runtime().module,
    layers: model.layers.map((layer) => ({ type: layer.type, ...layer.config(model.layers) })),
    parameters: model.stateDict(),
  };
}

/**
 * Creates the model synchronously on its kernels, which models created later use as well.
 * @throws {ArgumentError} if the module is not a build of these kernels
 * @throws {FormatError} if a layer has an unknown type
 * @throws {MemoryError} if the engine can't allocate memory
 */
export function unpackModel({ module, layers, parameters }: PackedModel): Sequential {
  initSync({ module });
  const most = Object.keys(parameters).length;
  const make = layerMaker({});
  const model = new Sequential(layers.map((layer) => make(layer, most)));
  try {
    model.loadStateDict(parameters);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}
