import type { Batches, Corpus, Progress, WorkerFitOptions, WorkerTrainerOptions } from 'unrolled/worker';
import { WorkerTrainer } from 'unrolled/worker';
import { NotLoaded } from '../data/fetchText.ts';
import type { Ask, Made } from './host.ts';
import type { Shape } from './model.ts';

/** What to train on, from the update on that was reached. Its arrays are moved to the worker. */
export type Source = (updatesLeft: number) => Corpus | Batches;

export interface SessionOptions {
  /** Beyond the decay of the learning rate and the limit of the gradient's norm that all have. */
  readonly trainer: WorkerTrainerOptions;
  readonly updates: number;
  readonly source: Source;
  /** Ends the worker. */
  readonly signal: AbortSignal;
}

/** A model in a worker of its own, trained up to so many updates. */
export class Session {
  readonly trainer: WorkerTrainer;
  readonly updates: number;
  readonly #source: Source;
  readonly #stop = new AbortController();

  private constructor(trainer: WorkerTrainer, { updates, source }: SessionOptions) {
    this.trainer = trainer;
    this.updates = updates;
    this.#source = source;
  }

  /** A new model of a shape, or one that continues from a checkpoint. @throws the signal's reason, once it is aborted */
  static async open(model: Shape | Uint8Array, options: SessionOptions): Promise<Session> {
    const { signal, updates } = options;
    signal.throwIfAborted();
    const schedule = { name: 'cosineLR', steps: updates, floor: 0.05 } as const;
    const trained = { schedule, clipNorm: 1, ...options.trainer };
    const worker = new Worker(new URL('./host.ts', import.meta.url), { type: 'module' });
    const end = () => worker.terminate();
    signal.addEventListener('abort', end);
    try {
      const isNew = !(model instanceof Uint8Array);
      const bytes = isNew ? await made(worker, model, signal) : model;
      const trainer = await WorkerTrainer.create(bytes, trained, { worker: () => worker, signal });
      if (!isNew) await trainer.restore(bytes);
      signal.throwIfAborted();
      signal.addEventListener('abort', () => void trainer.terminate());
      return new Session(trainer, options);
    } catch (error) {
      worker.terminate();
      throw error;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  /** Trains to the end; false where it was stopped before. */
  async run(onProgress: (progress: Progress) => void): Promise<boolean> {
    const left = Math.max(0, this.updates - this.trainer.steps);
    const { signal } = this.#stop;
    const options: WorkerFitOptions = { onProgress, signal, updates: left, transfer: true };
    try {
      const { stopped } = await this.trainer.fit(this.#source(left), options);
      return stopped !== 'aborted';
    } catch (error) {
      // a worker that was ended meanwhile
      if (signal.aborted) return false;
      throw error;
    }
  }

  stop(): void {
    this.#stop.abort();
  }
}

/** The script of the worker, which the server may have no more. */
function missing(): NotLoaded {
  dispatchEvent(new Event('unrolled:missing'));
  return new NotLoaded('the worker can’t be loaded');
}

/** A model that the worker makes: the page would wait for large ones. */
async function made(worker: Worker, shape: Shape, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const answered = new AbortController();
  const listening = { signal: answered.signal };
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), listening);
      worker.addEventListener(
        'error',
        ({ message }) => reject(message ? new Error(message) : missing()),
        listening,
      );
      worker.addEventListener(
        'messageerror',
        () => reject(new Error('the worker’s message can’t be read')),
        listening,
      );
      worker.addEventListener(
        'message',
        ({ data }: MessageEvent<Made>) => {
          if ('made' in data) resolve(data.made);
          else reject(new Error(data.failed));
        },
        listening,
      );
      worker.postMessage({ make: shape } satisfies Ask);
    });
  } finally {
    answered.abort();
  }
}
