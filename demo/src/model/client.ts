import type { Answer, Ask, Calls } from './protocol.ts';

/** The worker that holds a model: one call at a time. */
export class ModelClient {
  #worker: Worker | undefined;
  #reject: (error: Error) => void = () => {};

  /** @throws {Error} what the worker says, or `Stopped` */
  call<K extends keyof Calls>(
    call: K,
    given: Parameters<Calls[K]>,
    {
      losses,
      transfer = [],
    }: { losses?: (step: number, losses: readonly number[]) => void; transfer?: Transferable[] } = {},
  ): Promise<ReturnType<Calls[K]>> {
    this.#worker ??= new Worker(new URL('./modelWorker.ts', import.meta.url), { type: 'module' });
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      worker.onerror = ({ message }) => this.end(new Error(message || 'the worker can’t be loaded'));
      worker.onmessageerror = () => this.end(new Error('the worker’s message can’t be read'));
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.kind === 'losses') losses?.(data.step, data.losses);
        else if (data.kind === 'failed') reject(new Error(data.error));
        else resolve(data.result as ReturnType<Calls[K]>);
      };
      worker.postMessage({ call, given } as Ask, { transfer });
    });
  }

  /** Ends the worker, and with it the model. */
  end(why: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#reject(why);
  }
}
