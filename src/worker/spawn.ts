import { FeatureError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { inflate } from '../wasm/inflate.ts';
import type { NodeWorker } from './types.ts';

interface Threads {
  readonly Worker: new (source: URL | string, options?: { readonly eval: boolean }) => NodeWorker;
}

interface Process {
  getBuiltinModule?(name: string): Threads | undefined;
}

/** Makes a worker of this package: a Web Worker, in Node one of worker_threads. */
export type Spawn = () => Worker | NodeWorker | Promise<Worker | NodeWorker>;

/**
 * Ways to a worker, the next one for where the one before can't be loaded: the file of `unrolled/worker/host`, which is
 * missing in bundles that don't copy it; then its text, which this package holds, too, and which a strict
 * Content-Security-Policy refuses.
 */
export const SPAWNS: readonly Spawn[] = [fromFile, fromText];

/** Where the file would be; bundlers that copy it rewrite only the call below. */
export function fileName(): string {
  const here: string | undefined = import.meta.url;
  return here === undefined || here.startsWith('blob:') ? 'host.js' : new URL('./host.js', here).href;
}

function fromFile(): Worker | NodeWorker {
  if (typeof Worker === 'function') {
    // bundlers look for these very words
    return new Worker(new URL('./host.js', import.meta.url), { type: 'module', name: 'unrolled' });
  }
  const here = import.meta.url;
  // and not for these: no second copy
  return new (threads().Worker)(new URL('./host.js', here));
}

async function fromText(): Promise<Worker | NodeWorker> {
  const { default: packed } = await import('./generated/host.ts');
  const bytes = await inflate(packed);
  if (typeof Worker !== 'function') {
    return new (threads().Worker)(decodeUtf8(bytes)!, { eval: true });
  }
  const url = URL.createObjectURL(new Blob([bytes], { type: 'text/javascript' }));
  try {
    return new Worker(url, { name: 'unrolled' });
  } finally {
    // the fetch of the script has begun with the URL as it was
    URL.revokeObjectURL(url);
  }
}

/** @throws {FeatureError} an engine without workers */
function threads(): Threads {
  const { process } = globalThis as { process?: Process };
  const found = process?.getBuiltinModule?.('node:worker_threads');
  if (!found) throw new FeatureError('this engine has no workers');
  return found;
}
