import type { Network } from '../engine/network.ts';
import { Stream, type StreamOptions } from '../model/stream.ts';

/** States [features] by name. */
export type InitialStates = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

/** A stream that starts from the states that were learned with the model, and `reset` goes back to them. */
export class AmpStream extends Stream {
  readonly #initial: InitialStates;

  /** @internal */
  constructor(network: Network, opts: StreamOptions, initial: InitialStates) {
    super(network, opts);
    this.#initial = initial;
    this.reset();
  }

  /** Sets the states of one row, or of all, to the initial ones. @throws {ArgumentError} if row is outside the batch */
  override reset(row?: number): void {
    super.reset(row);
    const [, count] = this.rows(row);
    this.restore({ states: repeated(this.#initial, count), outputs: Array(count).fill(null) }, row);
  }
}

/** States of `batch` rows. */
function repeated(initial: InitialStates, batch: number) {
  const of = (row: Float32Array<ArrayBuffer>) => {
    const data = new Float32Array(batch * row.length);
    for (let i = 0; i < batch; i++) data.set(row, i * row.length);
    return { data, shape: [batch, row.length] };
  };
  return Object.fromEntries(Object.entries(initial).map(([name, row]) => [name, of(row)]));
}
