import type { Network } from '../../engine/network.ts';
import { StateError } from '../../errors.ts';
import type { Region } from '../../memory/layout.ts';
import { requireKernel } from '../../wasm/runtime.ts';

/**
 * Exponential moving averages of the parameters, as torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn: after
 * the first update they are the parameters, after each later one decay · average + (1 − decay) · parameter.
 */
export class WeightAverage {
  /** The averages, or while `swapped` the parameters; laid out as the parameters. */
  readonly values: Region;
  swapped = false;
  readonly #network: Network;
  readonly #decay: number;

  constructor(network: Network, decay: number) {
    requireKernel(network.arena.kernels, 'vec_axpy');
    this.#network = network;
    this.#decay = decay;
    this.values = network.reserve('averages of the parameters', network.block.length);
    network.arena.copy(network.block, this.values);
  }

  /** Takes the parameters after an update; first: it is the first one. */
  add(first: boolean): void {
    const { arena, block } = this.#network;
    if (first) {
      arena.copy(block, this.values);
      return;
    }
    const { kernels } = arena;
    kernels.vec_scale(block.length, this.#decay, this.values.ptr);
    kernels.vec_axpy(block.length, 1 - this.#decay, block.ptr, this.values.ptr);
  }

  /** Swaps the parameters and the averages. */
  swap(): void {
    const { arena, block } = this.#network;
    const parameters = arena.read(block);
    arena.copy(this.values, block);
    arena.write(this.values, parameters);
    this.swapped = !this.swapped;
    this.#network.version++;
  }

  /** @throws {StateError} while the averages are swapped in */
  swappedOut(call: string): void {
    if (this.swapped) throw new StateError(`${call}: the averages are swapped in: call swapAverages() first`);
  }
}
