import { vi } from 'vitest';
import { ThreadPool } from '../../src/wasm/threads/pool.ts';
import { Rule } from '../../src/wasm/threads/rule.ts';
import { threadPool } from '../../src/wasm/threads/withThreads.ts';

/** Whether this engine shares memory between threads: a page needs headers. */
export const shares =
  typeof SharedArrayBuffer !== 'undefined' &&
  (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;

/** How many threads ran each call since the last reset. */
export const teams: number[] = [];

/** Every kernel that can runs on several threads, however little there is to do. */
export function alwaysTogether(): void {
  vi.spyOn(Rule.prototype, 'times').mockImplementation(() => ({ team: 1, single: 2, calls: 9, rest: 1 }));
  vi.spyOn(Rule.prototype, 'chooses').mockReturnValue(true);
  const run = ThreadPool.prototype.run;
  vi.spyOn(ThreadPool.prototype, 'run').mockImplementation(function (this: ThreadPool, ...args) {
    const size = run.apply(this, args);
    teams.push(size);
    return size;
  });
}

/** Calls `step` until `threads` of them have run a call of it, but at most 100 s. */
export async function untilJoined(threads: number, step: () => void): Promise<void> {
  const end = performance.now() + 100_000;
  do {
    teams.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 1));
    step();
  } while (!teams.includes(threads) && performance.now() < end);
}

/** Ends the threads of this realm. */
export function endThreads(): void {
  vi.restoreAllMocks();
  threadPool()?.end();
}
