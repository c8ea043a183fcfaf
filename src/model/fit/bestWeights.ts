import type { Network } from '../../engine/network.ts';
import type { Region } from '../../memory/layout.ts';
import type { WeightAverage } from '../training/weightAverage.ts';

/** A copy of what a model has learnt: parameters, buffers and averages. */
export class BestWeights {
  readonly #pairs: readonly (readonly [name: string, copy: Region, of: Region])[];
  readonly #network: Network;
  /** Bits of the buffers, such as running statistics. */
  #buffers: Uint32Array = new Uint32Array(0);

  /** Reserves its memory, as large as the parameters. */
  constructor(network: Network, averages: WeightAverage | undefined) {
    const parts: [string, Region][] = [['fit-best', network.block]];
    if (averages) parts.push(['fit-best-average', averages.values]);
    this.#network = network;
    this.#pairs = parts.map(([name, of]) => [name, network.reserve('best weights', of.length), of]);
  }

  /** The copies by name in checkpoints. */
  kept(): (readonly [string, Region])[] {
    return this.#pairs.map(([name, copy]) => [name, copy]);
  }

  /** Bits of the buffers. */
  get buffers(): number[] {
    return [...this.#buffers];
  }

  set buffers(bits: readonly number[]) {
    this.#buffers = Uint32Array.from(bits);
  }

  keep(): void {
    const { arena, buffers } = this.#network;
    for (const [, copy, of] of this.#pairs) arena.copy(of, copy);
    this.#buffers = buffers.length ? new Uint32Array(arena.read(buffers).buffer) : new Uint32Array(0);
  }

  restore(): void {
    const network = this.#network;
    const { arena, buffers } = network;
    for (const [, copy, of] of this.#pairs) arena.copy(copy, of);
    if (buffers.length) arena.write(buffers, new Float32Array(this.#buffers.slice().buffer));
    network.version++;
  }
}
