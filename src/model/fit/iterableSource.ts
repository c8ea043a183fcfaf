import { ArgumentError, Verbatim } from '../../errors.ts';
import { Source } from './source.ts';
import type { Batch, Batches } from './types.ts';

/** Batches of an iterable, or of a function that returns one per epoch. */
export class IterableSource extends Source {
  override readonly seekable = false;
  readonly batches: number | undefined;
  readonly #data: Batches | ((epoch: number) => Batches);
  readonly #argument: string;
  #iterator: Iterator<Batch> | AsyncIterator<Batch> | undefined;
  #read = 0;
  #epoch = 0;

  /**
   * @param argument name in errors
   * @throws {ArgumentError} if an iterable that can be read only once is to be read several times
   */
  constructor(
    data: Batches | ((epoch: number) => Batches),
    epochs: number,
    argument: string,
    batches?: number | undefined,
  ) {
    super();
    this.#data = data;
    this.#argument = argument;
    this.batches = batches;
    if (ArrayBuffer.isView(data))
      throw new ArgumentError(argument, 'arrays { x, y }, examples, batches or a text', data);
    // a generator returns itself
    if (epochs > 1 && typeof data !== 'function' && (iterate(data) as unknown) === data) throw this.#none(2);
  }

  start(epoch: number): void {
    this.#epoch = epoch;
    this.#read = 0;
    const data = typeof this.#data === 'function' ? this.#data(epoch) : this.#data;
    this.#iterator = iterate(data);
    if (!this.#iterator) throw new ArgumentError(this.#argument, 'a function that returns batches', data);
  }

  next(): Batch | undefined | Promise<Batch | undefined> {
    if (!this.#iterator) return undefined;
    const next = this.#iterator.next();
    return next instanceof Promise
      ? next.then((it) => this.#take(it))
      : this.#take(next as IteratorResult<Batch>);
  }

  #take(next: IteratorResult<Batch>): Batch | undefined {
    if (next.done) {
      this.#iterator = undefined;
      if (this.#read === 0) throw this.#none(this.#epoch);
      return undefined;
    }
    this.#read++;
    const { value } = next;
    if (typeof value !== 'object' || value === null || !('x' in value && 'y' in value))
      throw new ArgumentError(this.#argument, 'batches { x, y }', value);
    if (typeof value.y === 'number') {
      const what = 'a number of examples per batch, for a list of examples';
      throw new ArgumentError('batchSize', what, new Verbatim('none'));
    }
    return value;
  }

  #none(epochs: number): ArgumentError {
    const what = 'batches that can be read in each epoch, or a function that returns those of an epoch';
    return new ArgumentError(this.#argument, what, new Verbatim(`none in epoch ${epochs}`));
  }

  // not awaited: an iterator that waits must not delay the end
  override stop(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    try {
      void Promise.resolve(iterator?.return?.()).catch(() => {});
    } catch {
      // it is ended all the same
    }
  }
}

/** Whether it can be iterated over. */
export function isIterable(data: object): data is Batches {
  return Symbol.asyncIterator in data || Symbol.iterator in data;
}

function iterate(data: Batches): Iterator<Batch> | AsyncIterator<Batch> | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  if (Symbol.asyncIterator in data) return data[Symbol.asyncIterator]();
  return Symbol.iterator in data ? data[Symbol.iterator]() : undefined;
}
