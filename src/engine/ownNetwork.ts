import { MemoryError, StateError } from '../errors.ts';
import type { Layer } from './layer.ts';
import { Network } from './network.ts';

/** The network of a layer that is used without a model: only that layer, created on first use. */
export class OwnNetwork {
  #network: Network | undefined;
  #owned = false;
  /** True while initializers run. */
  #making = false;
  #disposed = false;

  /**
   * @throws {StateError} if the layer is part of a model, or is called by one of its own initializers
   * @throws {MemoryError} after `dispose`
   */
  of(make: () => readonly Layer[], seed: number): Network {
    if (this.#owned) throw new StateError('this layer is part of a model: call the model');
    if (this.#disposed) throw new MemoryError('the layer was disposed');
    if (this.#network) return this.#network;
    if (this.#making) throw new StateError('this layer was called by one of its own initialisers');
    this.#making = true;
    try {
      const layers = make();
      const prefixes = layers.map(() => '');
      return (this.#network = new Network(layers, prefixes, seed));
    } finally {
      this.#making = false;
    }
  }

  /** Whether a model may claim the layer. */
  get free(): boolean {
    return !this.#owned && !this.#network && !this.#making && !this.#disposed;
  }

  /** Makes the layer part of a model, or releases it if creating the model failed. */
  set owned(owned: boolean) {
    this.#owned = owned;
  }

  dispose(): void {
    this.#network?.dispose();
    this.#disposed = true;
  }
}
