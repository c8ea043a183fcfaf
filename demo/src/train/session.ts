import type {
  Batches,
  Corpus,
  FitOptions,
  ModelSource,
  Progress,
  WorkerTrainerOptions,
} from 'unrolled/worker';
import { WorkerTrainer } from 'unrolled/worker';

/** What to train on, from the update on that was reached. */
export type Source = (updatesLeft: number) => Corpus | Batches;

/** A model in a worker of its own, trained up to so many updates. */
export class Session {
  readonly trainer: WorkerTrainer;
  readonly updates: number;
  readonly #source: Source;
  readonly #stop = new AbortController();

  private constructor(trainer: WorkerTrainer, updates: number, source: Source) {
    this.trainer = trainer;
    this.updates = updates;
    this.#source = source;
  }

  /** `checkpoint`: continues from there. */
  static async open(
    model: ModelSource,
    options: WorkerTrainerOptions,
    updates: number,
    source: Source,
    checkpoint?: Uint8Array,
  ): Promise<Session> {
    const worker = () => new Worker(new URL('./host.ts', import.meta.url), { type: 'module' });
    const trainer = await WorkerTrainer.create(checkpoint ?? model, options, { worker });
    try {
      if (checkpoint) await trainer.restore(checkpoint);
    } catch (error) {
      void trainer.terminate();
      throw error;
    }
    return new Session(trainer, updates, source);
  }

  /** Trains to the end; false where it was stopped before. */
  async run(onProgress: (progress: Progress) => void): Promise<boolean> {
    const left = Math.max(0, this.updates - this.trainer.steps);
    const { signal } = this.#stop;
    const options: FitOptions = { onProgress, signal, updates: left };
    try {
      await this.trainer.fit(this.#source(left), options);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  close(): void {
    void this.trainer.terminate();
  }
}
