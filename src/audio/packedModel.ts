import type { SequentialBase } from '../model/core/sequentialBase.ts';
import { type LayerConfig, makeLayer } from '../model/registry.ts';
import { Sequential } from '../model/sequential.ts';
import type { NDArray } from '../ndarray.ts';
import { initSync } from '../wasm/initSync.ts';
import { runtime } from '../wasm/runtime.ts';

/** A model and its kernels as data that postMessage carries, and that needs nothing to be loaded or decoded. */
export interface PackedModel {
  /** The kernels, compiled. */
  readonly module: WebAssembly.Module;
  /** Each layer by its type and options. */
  readonly layers: readonly LayerConfig[];
  /** By torch.nn's names. */
  readonly parameters: Readonly<Record<string, NDArray>>;
}

/** Copies the parameters. @throws {StateError} before `init()` */
export function packModel(model: SequentialBase): PackedModel {
  return {
    module: runtime().module,
    layers: model.layers.map((layer) => ({ type: layer.type, ...layer.config() })),
    parameters: model.stateDict(),
  };
}

/**
 * The model on its kernels, at once; models made afterwards use them too.
 * @throws {ArgumentError} a module that is not these kernels
 * @throws {FormatError} layers of no known type
 * @throws {MemoryError} where the engine gives no memory
 */
export function unpackModel({ module, layers, parameters }: PackedModel): Sequential {
  initSync({ module });
  const most = Object.keys(parameters).length;
  const model = new Sequential(layers.map((layer) => makeLayer(layer, most)));
  try {
    model.loadStateDict(parameters);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}
