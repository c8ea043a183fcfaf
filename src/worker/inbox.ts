import { StateError } from '../errors.ts';
import { Source } from '../model/fit/source.ts';
import type { Batch } from '../model/fit/types.ts';

/** Number of batches requested in advance. */
const AHEAD = 2;

/** A batch, the end of an epoch, or a failure of what sends them. */
export type Item = Batch | undefined | 'failed';

/** Batches received as messages. */
export class Inbox extends Source {
  override readonly seekable = false;
  readonly batches: number | undefined;
  readonly #ask: (epoch: number) => void;
  #waiting: Item[] = [];
  #wake: ((item: Item) => void) | undefined;
  #epoch = 0;

  /** @param ask requests one more batch of an epoch */
  constructor(ask: (epoch: number) => void, batches?: number | undefined) {
    super();
    this.#ask = ask;
    this.batches = batches;
  }

  start(epoch: number): void {
    this.#epoch = epoch;
    this.#waiting = [];
    this.#wake = undefined;
    for (let i = 0; i < AHEAD; i++) this.#ask(epoch);
  }

  /** Takes the next one of an epoch. */
  put(epoch: number, item: Item): void {
    // of an epoch that has ended
    if (epoch !== this.#epoch) return;
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake) wake(item);
    else this.#waiting.push(item);
  }

  next(): Promise<Batch | undefined> | Batch | undefined {
    this.#ask(this.#epoch);
    if (this.#waiting.length) return batchIn(this.#waiting.shift());
    return new Promise<Item>((resolve) => {
      this.#wake = resolve;
    }).then(batchIn);
  }

  override stop(): void {
    this.#epoch = 0;
  }
}

/** @throws {StateError} if it failed: the sender knows why */
function batchIn(item: Item): Batch | undefined {
  if (item === 'failed') throw new StateError('the data could not be read');
  return item;
}
