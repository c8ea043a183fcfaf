import { options, reading } from '../check.ts';
import { AdaptedLayer, isCustomLayer } from '../custom/adaptLayer.ts';
import type { CustomLayer } from '../custom/layer.ts';
import { checkTied } from '../engine/checkTied.ts';
import type { Layer } from '../engine/layer.ts';
import { checkLayerNames } from '../layers/layerName.ts';
import { readModel } from './core/save.ts';
import type { SequentialOptions } from './core/sequentialBase.ts';
import { merged, withMetadata } from './files.ts';
import { type LoadOptions, layerMaker } from './registry.ts';
import { StreamPool, type StreamPoolOptions } from './streaming/pool.ts';
import { StreamingSequential } from './streaming/streamingSequential.ts';
import { chainTable } from './summaryTable.ts';

/**
 * Layers one after the other, as torch.nn.Sequential: parameters are named `0.weight`, `1.weight_ih_l0`, … The model
 * owns one WebAssembly memory.
 */
export class Sequential extends StreamingSequential {
  /** Metadata that `save` writes, such as a vocabulary; `load` reads them. */
  metadata: Readonly<Record<string, string>> = {};

  /**
   * @param layers of this package, or custom layers (docs/guides/your-own.md)
   * @throws {ArgumentError} if there are no layers, one is not a layer, two have the same name, or the seed is invalid
   * @throws {ShapeError} if the sizes of consecutive layers do not match
   * @throws {StateError} before `init()`, or if a layer is part of another model
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(layers: readonly (Layer | CustomLayer)[], opts?: SequentialOptions) {
    const adapted = reading('layers', layers, () => {
      if (!Array.isArray(layers)) return layers;
      const all = layers.map((layer) => (isCustomLayer(layer) ? new AdaptedLayer(layer) : layer));
      const made = all.filter((layer) => typeof layer === 'object' && layer !== null);
      checkTied(made);
      checkLayerNames(made);
      return all;
    });
    super(adapted as readonly Layer[], opts);
  }

  /**
   * Creates a pool of streams, any of which can step together. @throws as {@link Sequential.stream}, or if capacity
   * is below 1
   */
  streams(opts: StreamPoolOptions): StreamPool {
    return new StreamPool(this, opts);
  }

  /** A table of the layers, their output shapes and numbers of parameters, as Keras's `summary`. */
  summary(): string {
    return chainTable(this.layers, this.network.input);
  }

  /**
   * Saves the model as a safetensors file: parameters under torch.nn's names, the layers and `metadata`, to which
   * those given here are added.
   * @throws {ArgumentError} if metadata values are not strings, or a key is `unrolled`
   */
  override save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    return super.save(merged(this.metadata, metadata));
  }

  /**
   * Loads a model from a file written by `save` or `Trainer.save`.
   * @throws {FormatError} if the file is not a valid safetensors file or not a model of this package, or a custom
   * layer is missing in `layers`
   */
  static override load(bytes: Uint8Array | ArrayBuffer, opts?: LoadOptions): Sequential {
    const { layers = {} } = options('Sequential.load', opts, { layers: true });
    return withMetadata((files) =>
      readModel(bytes, layerMaker(layers), (made, given) => new Sequential(made, given), files),
    );
  }
}
