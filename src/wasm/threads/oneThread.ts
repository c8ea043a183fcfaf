import type { Runtime } from '../runtime.ts';

/** In place of withThreads.ts in the one file for pages without a bundler (scripts/bundles.mjs), which starts no threads. */
export async function withThreads(runtime: Runtime): Promise<Runtime> {
  console.warn('unrolled: one thread: unrolled.min.js has no others');
  return runtime;
}
