import type { Asked, Sum, Told } from './protocol.ts';

/** One side of the comparison: a worker, and what it has told. */
export class Side {
  readonly losses: number[] = [];
  readonly seconds: number[] = [];
  /** Median time of a step. */
  ms: number | undefined;
  sums: readonly Sum[] = [];
  phase: 'loading' | 'training' | 'ended' | 'failed' = 'loading';
  error = '';
  readonly #worker = new Worker(new URL('./tfjsWorker.ts', import.meta.url), { type: 'module' });

  constructor(asked: Asked, changed: () => void) {
    this.#worker.onmessage = ({ data }: MessageEvent<Told>) => {
      this.#take(data);
      changed();
    };
    this.#worker.onmessageerror = () => this.#fail('the worker’s message can’t be read', changed);
    this.#worker.onerror = ({ message }) => this.#fail(message || 'the worker can’t be loaded', changed);
    this.#worker.postMessage(asked);
  }

  get steps(): number {
    return this.losses.length;
  }

  stop(): void {
    this.#worker.terminate();
    if (this.phase !== 'failed') this.phase = 'ended';
  }

  #take(told: Told): void {
    if (told.kind === 'ready') this.phase = 'training';
    else if (told.kind === 'sums') this.sums = told.sums;
    else if (told.kind === 'steps') {
      this.losses.push(...told.losses);
      this.seconds.push(...told.seconds);
      this.ms = told.ms;
    } else {
      this.stop();
      if (told.error !== undefined) [this.phase, this.error] = ['failed', told.error];
    }
  }

  #fail(error: string, changed: () => void): void {
    this.stop();
    [this.phase, this.error] = ['failed', error];
    changed();
  }
}
