import type { StateError } from '../../errors.ts';
import type { KernelCalls } from '../generated/kernelCalls.ts';
import type { linkWith } from '../links.ts';
import type { compile } from '../module.ts';
import type { Link, Runtime } from '../runtime.ts';
import { wordsUpTo } from './grown.ts';
import { DESCRIBED, JOBS } from './jobs.ts';
import { type Shared, ThreadPool } from './pool.ts';
import { Rule } from './rule.ts';
import { shareable } from './shareable.ts';

let pool: ThreadPool | undefined;

/** The threads of this realm; undefined until `init` was asked for some. */
export function threadPool(): ThreadPool | undefined {
  return pool;
}

/**
 * A runtime whose models use up to `threads` threads, once these have joined them. Warns and returns the given one
 * where that is not possible.
 *
 * @param binary that of the runtime
 * @param means given, not imported, so that bundlers need not share modules between this one, which is loaded when it is
 * asked for, and the rest
 */
export async function withThreads(
  runtime: Runtime,
  binary: Uint8Array | WebAssembly.Module,
  threads: number,
  means: {
    readonly compile: typeof compile;
    readonly linkWith: typeof linkWith;
    readonly StateError: typeof StateError;
  },
): Promise<Runtime> {
  const bytes = binary instanceof WebAssembly.Module ? undefined : shareable(binary);
  const reason =
    obstacle() ??
    (bytes ? undefined : 'the kernels were given as a module, not as bytes') ??
    (WebAssembly.Module.exports(runtime.module).some(({ name }) => name === 'join_team')
      ? undefined
      : "the given kernels are not those of 'unrolled'");
  if (reason) return onOneThread(runtime, reason);
  pool ??= new ThreadPool(
    (kernel) => new means.StateError(`a thread ended in the middle of ${kernel}: make this step again`),
  );
  const mine = pool;
  const [shared] = await Promise.all([means.compile(bytes!), mine.grow(threads - 1)]);
  if (mine.size === 0) return onOneThread(runtime, 'no worker could be started');
  // of all models: the engine compiles a kernel once
  const rule = new Rule();
  means.linkWith(shared, (module, { env: { memory } }) => {
    const words = new Int32Array(memory.buffer);
    const env = { memory, lost: () => mine.lost(words) };
    const { exports } = new WebAssembly.Instance(module, { env });
    return teamed(mine, rule, {
      module,
      memory,
      kernels: exports as unknown as KernelCalls,
      words,
      most: threads,
      round: 0,
      slot: -1,
    });
  });
  // not enumerable, so that the runtime can still be sent with postMessage
  const revive = { value: () => mine.grow(threads - 1) };
  return Object.defineProperty({ ...runtime, threads, shared }, 'revive', revive);
}

/** What has been said. */
const said = new Set<string>();

function onOneThread(runtime: Runtime, reason: string): Runtime {
  if (!said.has(reason)) console.warn(`unrolled: one thread: ${reason}`);
  said.add(reason);
  return runtime;
}

/** Why there can be no threads. */
function obstacle(): string | undefined {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer === 'undefined' || crossOriginIsolated === false) {
    return 'the page is not cross-origin isolated (docs/guides/threads.md has the headers)';
  }
  return undefined;
}

/** Kernels of a memory; those of `JOBS` run on several threads where that is faster. */
function teamed(pool: ThreadPool, rule: Rule, shared: Shared): ReturnType<Link> {
  const calls: Record<string, unknown> = { ...shared.kernels };
  JOBS.forEach((job, kernel) => {
    const direct = shared.kernels[job.name] as (...args: number[]) => unknown;
    calls[job.name] = (...args: number[]) => {
      const at = job.described ? args[0]! / 4 : 0;
      const of = job.described ? wordsUpTo(at + DESCRIBED, shared) : args;
      const work = job.work(of, at);
      const times = work > 0 ? rule.times(kernel, job, of, at, work) : undefined;
      if (!times || pool.ready(shared) === 1) return direct(...args);
      const start = performance.now();
      const asTeam = rule.chooses(times);
      if (asTeam) pool.run(shared, kernel, args, of, at, rule.patience(times));
      else direct(...args);
      rule.note(times, asTeam, performance.now() - start);
      // the sum that a kernel returns is 0 where its rows may be divided
      return 0;
    };
  });
  return calls;
}
