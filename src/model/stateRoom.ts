import type { Network } from '../engine/network.ts';
import type { Layout, Region } from '../memory/layout.ts';

/** Memory for the states of a batch, one set or several. What the largest batch has taken serves smaller ones too. */
export class StateRoom {
  readonly #network: Network;
  readonly #layoutStates: (layout: Layout, rows: number) => Region[];
  /** Rows that each set has room for. */
  #rows = 0;
  #sets: readonly (readonly Region[])[] = [];
  /** The sets as those of `#batch` rows. */
  #views: readonly (readonly Region[])[] = [];
  #batch = 0;

  constructor(network: Network, layoutStates: (layout: Layout, rows: number) => Region[]) {
    this.#network = network;
    this.#layoutStates = layoutStates;
  }

  /** Lays out what `take` would reserve. */
  lay(layout: Layout, batch: number, count: number): Region[][] {
    const there = batch > this.#rows ? 0 : this.#sets.length;
    const rows = this.#rowsFor(batch);
    return Array.from({ length: Math.max(count - there, 0) }, () => this.#layoutStates(layout, rows));
  }

  /** Sets of states for a batch. @throws {MemoryError} beyond 2 GiB, or refused by the engine */
  take(batch: number, count = 1): readonly (readonly Region[])[] {
    // callbacks would be garbage of each step
    if (batch > this.#rows || this.#sets.length < count) this.#reserve(batch, count);
    if (this.#batch !== batch) this.#view(batch);
    return this.#views;
  }

  #reserve(batch: number, count: number): void {
    const added = this.#network.reserveAll((layout) => this.lay(layout, batch, count));
    this.#sets = batch <= this.#rows ? [...this.#sets, ...added] : added;
    this.#rows = this.#rowsFor(batch);
    this.#batch = 0;
  }

  #view(batch: number): void {
    this.#views = this.#sets.map((set) => set.map((region) => firstRows(region, batch)));
    this.#batch = batch;
  }

  /** Twice as many where there are too few: all that was taken in vain is less than what is there. */
  #rowsFor(batch: number): number {
    return batch > this.#rows ? Math.max(batch, 2 * this.#rows) : this.#rows;
  }
}

function firstRows({ ptr, shape }: Region, batch: number): Region {
  return { ptr, shape: [batch, shape[1]!], length: batch * shape[1]! };
}
