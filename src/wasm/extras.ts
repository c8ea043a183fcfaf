import { boolean } from '../check.ts';
import { ArgumentError, StateError } from '../errors.ts';
import { type ExtraOptions, type Extras, plain } from './init.ts';
import { linkWith } from './links.ts';
import { compile, describe, holdsKernels } from './module.ts';
import { instantiate, type Runtime } from './runtime.ts';
import { selectTiles } from './tiles.ts';

/** Most threads per kernel, and what `auto` takes at most. */
const MOST = 16;
const MOST_BY_ITSELF = 4;

interface Process {
  getBuiltinModule?(name: 'node:os'): { availableParallelism(): number } | undefined;
}

/** 256-bit code and threads. */
export const extras: Extras = {
  names: { revectorize: true, threads: true },
  check({ revectorize, threads }) {
    boolean('revectorize', revectorize ?? false);
    if (threads === undefined || threads === 'auto') return;
    if (!Number.isInteger(threads) || threads < 1 || threads > MOST) {
      throw new ArgumentError('threads', `an integer in 1..${MOST} or 'auto'`, threads);
    }
  },
  async make(binary, extra, of = plain) {
    const runtime = await make(binary, extra.revectorize, of);
    const threads = threadsOf(extra);
    if (threads === 1) return runtime;
    const { withThreads } = await import('./threads/withThreads.ts');
    return withThreads(runtime, binary, threads, { compile, linkWith, StateError });
  },
};

async function make(
  binary: Uint8Array | WebAssembly.Module,
  wide: boolean | undefined,
  of: typeof plain,
): Promise<Runtime> {
  if (wide) {
    const { compile256 } = await import('./compile256.ts');
    const widened = await compile256(binary, { compile, holdsKernels, instantiate, selectTiles });
    if (widened) return describe(widened, true);
  }
  return of(binary);
}

function threadsOf({ threads = 1 }: ExtraOptions): number {
  if (threads !== 'auto') return threads;
  const { process, navigator } = globalThis as { process?: Process; navigator?: Navigator };
  const cores =
    process?.getBuiltinModule?.('node:os')?.availableParallelism() ?? navigator?.hardwareConcurrency;
  return Math.min(cores ?? 1, MOST_BY_ITSELF);
}
