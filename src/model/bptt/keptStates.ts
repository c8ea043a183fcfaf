import type { Region } from '../../memory/layout.ts';
import type { Training } from '../core/training.ts';

/** Room for states inside a step. */
export class KeptStates {
  readonly #training: Training;
  readonly #byBatch = new Map<number, readonly (readonly Region[])[]>();

  constructor(training: Training) {
    this.#training = training;
  }

  /** How many times the states of so many rows there is room for. */
  count(batch: number): number {
    return this.#byBatch.get(batch)?.length ?? 0;
  }

  /** Room for the states of so many steps. @throws {MemoryError} beyond 2 GiB */
  take(batch: number, count: number): readonly (readonly Region[])[] {
    let found = this.#byBatch.get(batch) ?? [];
    if (found.length < count) {
      const training = this.#training;
      const added = Array.from({ length: count - found.length }, () =>
        training.network.reserveAll((layout) => training.layoutStates(layout, batch)),
      );
      found = [...found, ...added];
      this.#byBatch.set(batch, found);
    }
    return found;
  }
}
