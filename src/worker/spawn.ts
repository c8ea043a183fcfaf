import { FeatureError } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { inflate } from '../wasm/inflate.ts';
import { type NodeWorker, nodeThreads, webWorkers } from '../wasm/threads/nodeWorker.ts';

/** Creates a worker of this package: a Web Worker, or in Node and Deno a thread of worker_threads. */
export type Spawn = () => Worker | NodeWorker | Promise<Worker | NodeWorker>;

/**
 * Ways to load the worker, tried in order: the file of `unrolled/worker/host`, which may be missing in a bundle; then
 * the text embedded in this package, which a strict Content-Security-Policy blocks.
 */
export const SPAWNS: readonly Spawn[] = [fromFile, fromText];

/** URL of the file; bundlers that copy it rewrite only the call below. */
export function fileName(): string {
  const here: string | undefined = import.meta.url;
  return here === undefined || here.startsWith('blob:') ? 'host.js' : new URL('./host.js', here).href;
}

function fromFile(): Worker | NodeWorker {
  if (webWorkers()) {
    // bundlers match this exact expression
    return new Worker(new URL('./host.js', import.meta.url), { type: 'module', name: 'unrolled' });
  }
  const here = import.meta.url;
  // bundlers don't match this one, so there is no second copy
  return new (threads().Worker)(new URL('./host.js', here));
}

async function fromText(): Promise<Worker | NodeWorker> {
  const { default: packed } = await import('./generated/host.ts');
  const bytes = await inflate(packed);
  if (!webWorkers()) {
    return new (threads().Worker)(decodeUtf8(bytes)!, { eval: true });
  }
  const url = URL.createObjectURL(new Blob([bytes], { type: 'text/javascript' }));
  try {
    return new Worker(url, { name: 'unrolled' });
  } finally {
    // the script is already being fetched from the original URL
    URL.revokeObjectURL(url);
  }
}

/** @throws {FeatureError} if the engine does not support workers */
function threads() {
  const found = nodeThreads();
  if (!found) throw new FeatureError('this engine does not support workers');
  return found;
}
