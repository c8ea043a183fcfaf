import { IterableSource, isIterable } from '../model/fit/iterableSource.ts';
import type { Batch, Batches, FitData } from '../model/fit/types.ts';

/** Which data batches belong to. */
export type Role = 'data' | 'validation';

/** A request of the worker for a batch. */
export interface Wanted {
  readonly role: Role;
  readonly epoch: number;
}

/** Data that are read here and sent batch by batch. */
export class Outbox {
  readonly #sources: Readonly<Partial<Record<Role, IterableSource>>>;
  readonly #epochs: Partial<Record<Role, number>> = {};

  /** @throws {ArgumentError} if an iterable that can be read only once is to be read in several epochs */
  constructor(
    epochs: number,
    batchSize: number | undefined,
    data: FitData | undefined,
    validation: FitData | undefined,
  ) {
    const source = (role: Role, given: FitData | undefined) =>
      isSent(given, batchSize) ? { [role]: new IterableSource(given, epochs, role) } : {};
    this.#sources = { ...source('data', data), ...source('validation', validation) };
  }

  /** Whether the data of a role are sent batch by batch. */
  has(role: Role): boolean {
    return this.#sources[role] !== undefined;
  }

  next({ role, epoch }: Wanted): Batch | undefined | Promise<Batch | undefined> {
    const source = this.#sources[role]!;
    if (this.#epochs[role] !== epoch) {
      this.#epochs[role] = epoch;
      source.start(epoch);
    }
    return source.next();
  }

  /** Ends the iterators. */
  stop(): void {
    for (const source of Object.values(this.#sources)) source?.stop();
  }
}

/** Whether data are batches, not arrays or examples. */
function isSent(
  data: FitData | undefined,
  batchSize: number | undefined,
): data is Batches | ((epoch: number) => Batches) {
  if (typeof data === 'function') return true;
  if (Array.isArray(data)) return batchSize === undefined;
  return typeof data === 'object' && data !== null && isIterable(data);
}
