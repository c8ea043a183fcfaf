import type { Network } from '../engine/network.ts';
import { StreamBase, type StreamOptions } from './core/streamBase.ts';
import { takeOver } from './streaming/moveRows.ts';
import { readRunner, type StreamState, writeRunner } from './streaming/state.ts';

export type { StreamOptions } from './core/streamBase.ts';

/**
 * Inference step by step, with the same bits as `forward` over the same steps. States are kept in the model's memory;
 * weights are packed once for all streams of the same batch and block; a step does not allocate.
 */
export class Stream extends StreamBase {
  readonly #own: object | undefined;

  /** @internal */
  constructor(network: Network, opts?: StreamOptions, own?: object) {
    super(network, opts, own);
    this.#own = own;
  }

  /**
   * Returns states and last outputs of one row, or of all, as plain data. @throws {ArgumentError} if row is outside
   * the batch
   */
  snapshot(row?: number): StreamState {
    return readRunner(this.runner, ...this.rows(row));
  }

  /**
   * Restores a snapshot of one row or of all, taken from any model with the same layers. Nothing changes unless all
   * of it matches.
   *
   * @throws {ArgumentError} if row is outside the batch, or names or number of rows do not match
   * @throws {ShapeError} if the shape of a state does not match
   */
  restore(state: StreamState, row?: number): void {
    writeRunner(this.runner, state, ...this.rows(row));
  }

  /** Returns an independent copy of the stream with the same states, last outputs, batch and block. */
  fork(): Stream {
    const { batch, block } = this;
    const fork = new Stream(this.runner.network, { batch, block }, this.#own);
    try {
      takeOver(fork.runner, this.runner);
    } catch (error) {
      fork.dispose();
      throw error;
    }
    return fork;
  }
}
