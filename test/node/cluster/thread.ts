import { Worker as Thread } from 'node:worker_threads';

/** A thread of a worker that runs here from its sources: threads are those of the build. */
export const thread = () => new Thread(new URL('../../../dist/cluster/thread.js', import.meta.url));
