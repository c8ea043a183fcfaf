import type { Batches, Corpus, FitOptions, Progress, WorkerTrainerOptions } from 'unrolled/worker';
import { WorkerTrainer } from 'unrolled/worker';
import type { Ask, Made } from './host.ts';
import type { Shape } from './model.ts';

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

  /** A new model of a shape, or one that continues from a checkpoint. */
  static async open(
    model: Shape | Uint8Array,
    options: WorkerTrainerOptions,
    updates: number,
    source: Source,
  ): Promise<Session> {
    const worker = new Worker(new URL('./host.ts', import.meta.url), { type: 'module' });
    try {
      const isNew = !(model instanceof Uint8Array);
      const bytes = isNew ? await made(worker, model) : model;
      const trainer = await WorkerTrainer.create(bytes, options, { worker: () => worker });
      if (!isNew) await trainer.restore(bytes);
      return new Session(trainer, updates, source);
    } catch (error) {
      worker.terminate();
      throw error;
    }
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

/** A model that the worker makes: the page would wait for large ones. */
function made(worker: Worker, shape: Shape): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    worker.addEventListener('error', ({ message }) =>
      reject(new Error(message || 'the worker can’t be loaded')),
    );
    worker.addEventListener(
      'message',
      ({ data }: MessageEvent<Made>) =>
        'made' in data ? resolve(data.made) : reject(new Error(data.failed)),
      { once: true },
    );
    worker.postMessage({ make: shape } satisfies Ask);
  });
}
