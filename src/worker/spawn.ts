import { FeatureError } from '../errors.ts';
import type { NodeWorker } from './types.ts';

interface Process {
  getBuiltinModule?(name: string): { Worker: new (url: URL) => NodeWorker } | undefined;
}

/**
 * This package's own worker: a Web Worker, in Node one of worker_threads.
 * @throws {FeatureError} an engine without either
 */
export function spawn(): Worker | NodeWorker {
  if (typeof Worker === 'function') {
    // bundlers look for these very words
    return new Worker(new URL('./host.js', import.meta.url), { type: 'module', name: 'unrolled' });
  }
  const { process } = globalThis as { process?: Process };
  const threads = process?.getBuiltinModule?.('node:worker_threads');
  if (!threads) throw new FeatureError('this engine has no workers');
  const here = import.meta.url;
  // and not for these: no second copy
  return new threads.Worker(new URL('./host.js', here));
}
