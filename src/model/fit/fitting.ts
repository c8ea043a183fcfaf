import { reading } from '../../check.ts';
import { StateError } from '../../errors.ts';
import type { FitHost } from './fitRun.ts';
import type { FitState } from './fitState.ts';
import type { Pacer } from './pacer.ts';
import { type PreparedOptions, prepareFit, signalOf } from './prepareFit.ts';
import type { Source } from './source.ts';
import type { FitData, FitOptions, FitResult } from './types.ts';

/** A trainer, as a fit uses it. */
export interface FittedTrainer extends FitHost {
  restore(bytes: Uint8Array | ArrayBuffer): void;
  /** Has the step under way end without a result, since the fit is aborted. Default: it ends as it does. */
  giveUp?(): void;
}

/** The fits of a trainer, one at a time. */
export class Fitting {
  readonly #trainer: FittedTrainer;
  /** Of the fit under way. */
  #state: FitState | undefined;

  constructor(trainer: FittedTrainer) {
    this.#trainer = trainer;
  }

  /** @throws {StateError} while a fit is running */
  refuse(call: string): void {
    if (this.#state) throw new StateError(`${call}: a fit is already running: await it or abort it`);
  }

  /** Writes a checkpoint, with the state of the fit under way. */
  saved<T>(save: () => T): T {
    return this.#inFile(this.#state, save);
  }

  async run(data: FitData, opts: FitOptions | undefined): Promise<FitResult> {
    const { signal } = reading('the options of fit', opts, () => ({ signal: signalOf(opts?.signal) }));
    const { pacer, run } = this.start(data, opts);
    const stop = () => {
      pacer.stop();
      this.#trainer.giveUp?.();
    };
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    try {
      return await run();
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** A fit that is to be run. */
  start(
    data: FitData | Source,
    opts: PreparedOptions | undefined,
    paused = false,
  ): { readonly pacer: Pacer; run(): Promise<FitResult> } {
    this.refuse('fit');
    const trainer = this.#trainer;
    const restore = (bytes: Uint8Array | ArrayBuffer, of: FitState) =>
      this.#inFile(of, () => trainer.restore(bytes));
    const fit = prepareFit({ ...trainer, restore }, data, opts, paused);
    const run = async () => {
      this.refuse('fit');
      this.#state = fit.state;
      try {
        return await fit.run();
      } finally {
        this.#state = undefined;
      }
    };
    return { pacer: fit.pacer, run };
  }

  /** Has files contain the state of a fit, if there is one. */
  #inFile<T>(state: FitState | undefined, call: () => T): T {
    const { training } = this.#trainer;
    if (!state) return call();
    training.fit = state;
    try {
      return call();
    } finally {
      training.fit = undefined;
    }
  }
}
