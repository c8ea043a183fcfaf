import type { Asked, Told } from './protocol.ts';

/** Measures an engine in a worker, which ends with it. Rejects with what the engine said. */
export function measure(asked: Asked, tell: (told: Told) => void, signal: AbortSignal): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise<void>((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.onmessageerror = () => reject(new Error('the worker’s message can’t be read'));
    worker.onerror = ({ message }) => reject(new Error(message || 'the worker can’t be loaded'));
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.kind !== 'end') tell(data);
      else if (data.error !== undefined) reject(new Error(data.error));
      else resolve();
    };
    worker.postMessage(asked);
  }).finally(() => worker.terminate());
}
