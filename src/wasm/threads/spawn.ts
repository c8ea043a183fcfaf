import { type NodeWorker, nodeThreads, webWorkers } from './nodeWorker.ts';

/** Ways to start a thread, tried in order: this package's file, which a bundle may lack; the text in this package. */
export const SPAWNS: readonly (() => Worker | NodeWorker | Promise<Worker | NodeWorker>)[] = [
  () => {
    if (webWorkers()) {
      // bundlers match this exact expression
      return new Worker(new URL('./host.js', import.meta.url), { type: 'module', name: 'unrolled-thread' });
    }
    const here = import.meta.url;
    // bundlers don't match this one, so there is no second copy
    return new (nodeThreads()!.Worker)(new URL('./host.js', here));
  },
  async () => {
    const { default: text } = await import('./generated/threadHost.ts');
    if (!webWorkers()) return new (nodeThreads()!.Worker)(text, { eval: true });
    const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    try {
      return new Worker(url, { name: 'unrolled-thread' });
    } finally {
      // the script is already being fetched from the original URL
      URL.revokeObjectURL(url);
    }
  },
];
