import type { Batch } from './types.ts';

/** Where the batches of an epoch come from. */
export abstract class Source {
  /** Steps per epoch, if known. */
  abstract readonly batches: number | undefined;
  /** Whether an epoch can be started at any batch. */
  readonly seekable: boolean = true;
  /** Whether states that are carried go on from the end of an epoch to the start of the next one. */
  readonly wraps: boolean = false;
  /** Begins an epoch (from 1) at a batch (from 0). */
  abstract start(epoch: number, at: number): void;
  /** The next batch; undefined ends the epoch. */
  abstract next(): Batch | undefined | Promise<Batch | undefined>;
  /** Ends an epoch early. */
  stop(): void {}
}

/** The next batch of a source, or the end. */
export interface Next {
  readonly batch: Batch | undefined;
}

export function nextOf(source: Source): Next | Promise<Next> {
  const batch = source.next();
  return batch instanceof Promise ? batch.then((it) => ({ batch: it })) : { batch };
}
