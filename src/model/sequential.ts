import { options, reading } from '../check.ts';
import { AdaptedLayer, isCustomLayer } from '../custom/adaptLayer.ts';
import type { CustomLayer, CustomLayerClass } from '../custom/layer.ts';
import type { Layer } from '../engine/layer.ts';
import { readModel } from './core/save.ts';
import type { SequentialOptions } from './core/sequentialBase.ts';
import { makeLayer } from './registry.ts';
import { StreamPool, type StreamPoolOptions } from './streaming/pool.ts';
import { StreamingSequential } from './streaming/streamingSequential.ts';

/** Options of `Sequential.load`. */
export interface LoadOptions {
  /** Layers of your own that the file may have, by the `type` they are saved under. */
  readonly layers?: Readonly<Record<string, CustomLayerClass>> | undefined;
}

/**
 * Layers one after the other, as torch.nn.Sequential: parameters are named `0.weight`, `1.weight_ih_l0`, … The model
 * owns one WebAssembly memory.
 */
export class Sequential extends StreamingSequential {
  /**
   * @param layers of this package, or of your own (docs/guides/your-own.md)
   * @throws {ArgumentError} no layers, something that is no layer, a bad seed
   * @throws {ShapeError} layers whose sizes do not follow on each other
   * @throws {StateError} before `init()`, or a layer that serves another model
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(layers: readonly (Layer | CustomLayer)[], opts?: SequentialOptions) {
    const adapted = reading('layers', layers, () =>
      Array.isArray(layers)
        ? layers.map((layer) => (isCustomLayer(layer) ? new AdaptedLayer(layer) : layer))
        : layers,
    );
    super(adapted as readonly Layer[], opts);
  }

  /** Many streams that step together in any company. @throws as {@link Sequential.stream}; a capacity below 1 */
  streams(opts: StreamPoolOptions): StreamPool {
    return new StreamPool(this, opts);
  }

  /**
   * The model of a file that `save` or `Trainer.save` wrote.
   * @throws {FormatError} a file that breaks a rule of safetensors, or is no model of this package; a layer of your own that
   * is not among `layers`
   */
  static override load(bytes: Uint8Array | ArrayBuffer, opts?: LoadOptions): Sequential {
    const { layers = {} } = options('Sequential.load', opts, { layers: true });
    const make = (description: unknown, most: number) => makeLayer(description, most, layers);
    return readModel(bytes, make, (made, given) => new Sequential(made, given));
  }
}
