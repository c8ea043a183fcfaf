import type { Network } from '../../engine/network.ts';
import type { Region } from '../../memory/layout.ts';
import { requireKernel } from '../../wasm/runtime.ts';

/** Adds up the gradients of several batches for one update with their mean. */
export class Accumulator {
  /** The sum, laid out as the parameters. */
  readonly sum: Region;
  /** Number of batches in the sum. */
  count = 0;
  readonly #network: Network;
  readonly #every: number;

  constructor(network: Network, every: number) {
    requireKernel(network.arena.kernels, 'vec_axpy');
    this.#network = network;
    this.#every = every;
    this.sum = network.reserve('accumulated gradients', network.block.length);
  }

  /** Whether the next batch is the last one before an update. */
  get isLast(): boolean {
    return this.count === this.#every - 1;
  }

  /** Adds the gradients to the sum. */
  add(): void {
    const { arena, gradients, block } = this.#network;
    arena.kernels.vec_axpy(block.length, 1, gradients.ptr, this.sum.ptr);
    this.count++;
  }

  /** Makes the gradients the mean of the sum and of those of the last batch. */
  merge(): void {
    const { arena, gradients, block } = this.#network;
    const { kernels } = arena;
    kernels.vec_axpy(block.length, 1, this.sum.ptr, gradients.ptr);
    kernels.vec_scale(block.length, 1 / this.#every, gradients.ptr);
  }

  reset(): void {
    this.#network.arena.clear(this.sum);
    this.count = 0;
  }
}
