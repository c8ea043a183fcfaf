import { readModel } from './core/save.ts';
import { makeLayer } from './registry.ts';
import { StreamPool, type StreamPoolOptions } from './streaming/pool.ts';
import { StreamingSequential } from './streaming/streamingSequential.ts';

/**
 * Layers one after the other, as torch.nn.Sequential: parameters are named `0.weight`, `1.weight_ih_l0`, … The model
 * owns one WebAssembly memory.
 */
export class Sequential extends StreamingSequential {
  /** Many streams that step together in any company. @throws as {@link Sequential.stream}; a capacity below 1 */
  streams(opts: StreamPoolOptions): StreamPool {
    return new StreamPool(this, opts);
  }

  /**
   * The model of a file that `save` or `Trainer.save` wrote.
   * @throws {FormatError} a file that breaks a rule of safetensors, or is no model of this package
   */
  static override load(bytes: Uint8Array | ArrayBuffer): Sequential {
    return readModel(bytes, makeLayer, (layers, opts) => new Sequential(layers, opts));
  }
}
