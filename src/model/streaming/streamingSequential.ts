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
   * Inference with the states kept from step to step.
   *
   * @throws {ArgumentError} a batch or a block below 1
   * @throws {StateError} a bidirectional model, which needs the whole sequence
   * @throws {MemoryError} beyond 2 GiB
   */
  override stream(opts?: StreamOptions): Stream {
    return new Stream(this.network, opts);
  }

  /**
   * The model of a file that `save` or `Trainer.save` wrote.
   * @throws {FormatError} a file that breaks a rule of safetensors, or is no model of this package
   * @throws {FeatureError} a model with layers or options that `unrolled` alone has
   */
  static override load(bytes: Uint8Array | ArrayBuffer): StreamingSequential {
    return readModel(bytes, makeLayer, (layers, opts) => new StreamingSequential(layers, opts));
  }
}
