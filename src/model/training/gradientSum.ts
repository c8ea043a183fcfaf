import type { Network } from '../../engine/network.ts';
import type { Region } from '../../memory/layout.ts';

/** The sum of the gradients of shards, in the memory of a network. */
export class GradientSum {
  readonly #network: Network;
  readonly #sum: Region;
  readonly #part: Region;

  constructor(network: Network, length: number) {
    this.#network = network;
    this.#sum = network.reserve('sum of gradients', length);
    this.#part = network.reserve('gradients of a shard', length);
  }

  /** Takes the gradients of the first shard. */
  set(gradients: Float32Array): void {
    this.#network.arena.write(this.#sum, gradients);
  }

  /** Adds those of the next one. */
  add(gradients: Float32Array): void {
    const { arena } = this.#network;
    const { ptr, length } = this.#part;
    arena.write(this.#part, gradients);
    arena.kernels.vec_axpy(length, 1, ptr, this.#sum.ptr);
  }

  /** The sum, in the memory of the network. */
  get values(): Float32Array {
    const { ptr, length } = this.#sum;
    return this.#network.arena.f32.subarray(ptr / 4, ptr / 4 + length);
  }
}
