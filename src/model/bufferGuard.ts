import type { Network } from '../engine/network.ts';
import type { Region } from '../memory/layout.ts';

/** A copy of a model's buffers, such as running statistics, for steps that are refused after the forward pass. */
export class BufferGuard {
  readonly #network: Network;
  readonly #kept: Region;

  constructor(network: Network) {
    this.#network = network;
    this.#kept = network.reserve('buffers before a step', network.buffers.length);
  }

  keep(): void {
    this.#network.arena.copy(this.#network.buffers, this.#kept);
  }

  restore(): void {
    this.#network.arena.copy(this.#kept, this.#network.buffers);
  }
}
