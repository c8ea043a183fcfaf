import { makeLayer } from '../core/registry.ts';
import { readModel } from '../core/save.ts';
import { SequentialBase } from '../core/sequentialBase.ts';
import { Stream, type StreamOptions } from '../stream.ts';

/**
 * Layers one after the other, as torch.nn.Sequential: parameters are named `0.weight`, `1.weight_ih_l0`, … The model
 * owns one WebAssembly memory.
 */
export class StreamingSequential extends SequentialBase {
  /**
   * Creates a stream: inference step by step, keeping the states.
   *
   * @throws {ArgumentError} if batch or block is below 1
   * @throws {StateError} if the model needs the whole sequence, as a bidirectional one
   * @throws {MemoryError} beyond 2 GiB
   */
  override stream(opts?: StreamOptions): Stream {
    return new Stream(this.network, opts);
  }

  /**
   * Loads a model from a file written by `save` or `Trainer.save`.
   * @throws {FormatError} if the file is not a valid safetensors file or not a model of this package
   * @throws {FeatureError} if a layer or option is only in `unrolled`
   */
  static override load(bytes: Uint8Array | ArrayBuffer): StreamingSequential {
    return readModel(bytes, makeLayer, (layers, opts) => new StreamingSequential(layers, opts));
  }
}
