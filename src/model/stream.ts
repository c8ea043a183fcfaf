import { StreamBase } from './core/streamBase.ts';
import { takeOver } from './streaming/moveRows.ts';
import { readRunner, type StreamState, writeRunner } from './streaming/state.ts';

export type { StreamOptions } from './core/streamBase.ts';

/**
 * Inference step by step. States stay in the model's memory, weights stay packed while they do not change (once for all
 * streams of the same batch and block), and a step allocates nothing. Equal to `forward` over the same steps, to the bit.
 */
export class Stream extends StreamBase {
  /** States and last outputs of one row, or of all, as plain data. @throws {ArgumentError} a row outside the batch */
  snapshot(row?: number): StreamState {
    return readRunner(this.runner, ...this.rows(row));
  }

  /**
   * Goes on from where a snapshot was taken, with one row or all: of this stream or of any model with these layers.
   * Nothing changes unless all of it fits.
   *
   * @throws {ArgumentError} a row outside the batch, other names, another number of rows
   * @throws {ShapeError} states of another shape
   */
  restore(state: StreamState, row?: number): void {
    writeRunner(this.runner, state, ...this.rows(row));
  }

  /** A stream of its own that goes on from here: same states, same last outputs, same batch and block. */
  fork(): Stream {
    const { batch, block } = this;
    const fork = new Stream(this.runner.network, { batch, block });
    try {
      takeOver(fork.runner, this.runner);
    } catch (error) {
      fork.dispose();
      throw error;
    }
    return fork;
  }
}
