import { FeatureError, StateError } from '../errors.ts';
import type { KernelCalls, KernelName } from './generated/kernelCalls.ts';

export type {} from '../globals.ts';

/** The build of the kernels: `simd` gives the same bits on every engine; `relaxed` uses fused multiply-add. */
export type KernelBuild = 'simd' | 'relaxed';

/** The compiled kernels, used by models created from now on. */
export interface Runtime {
  /** The build. */
  readonly kernels: KernelBuild;
  /** The compiled module; can be sent with `postMessage`. */
  readonly module: WebAssembly.Module;
  /** Whether V8 merges 128-bit operations into 256-bit ones. Results have the same bits. */
  readonly revectorized: boolean;
  /** Whether the kernels can train; false for those of `unrolled/inference`. */
  readonly training: boolean;
  /** Threads that a kernel may run on. Undefined for one. */
  readonly threads?: number | undefined;
  /** The module on memories that threads share. @internal */
  readonly shared?: WebAssembly.Module | undefined;
  /** Starts threads that have ended. @internal */
  readonly revive?: (() => Promise<void>) | undefined;
}

/** Instantiates a module. */
export type Link = (
  module: WebAssembly.Module,
  imports: { env: { memory: WebAssembly.Memory; lost: () => boolean } },
) => Readonly<Record<string, unknown>>;

/** How modules are instantiated, unless links.ts makes an exception. */
export const plainly: Link = (module, imports) => new WebAssembly.Instance(module, imports).exports;

let link = plainly;

/** Instantiates modules by `own` from now on. */
export function linkBy(own: Link): void {
  link = own;
}

let current: Runtime | undefined;

/** The runtime of the last `init()`. */
export function runtime(): Runtime {
  if (!current) throw new StateError('the kernels are not loaded: await init() first');
  return current;
}

/** What `make` gives with another runtime in place of the last `init()`'s. */
export function withRuntime<T>(other: Runtime, make: () => T): T {
  const before = current;
  current = other;
  try {
    return make();
  } finally {
    current = before;
  }
}

/** Whether `init()` has loaded kernels. */
export function isLoaded(): boolean {
  return current !== undefined;
}

/** @throws {FeatureError} if the kernels lack it: those of `unrolled/core` or `unrolled/inference` */
export function requireKernel(kernels: KernelCalls, name: KernelName): void {
  if (!kernels[name]) {
    throw new FeatureError(`the loaded kernels have no ${name}: use init() of 'unrolled'`);
  }
}

let turns = 0;

/** Returns a function that sets the runtime unless `takeTurn` was called again in the meantime. */
export function takeTurn(): (next: Runtime) => void {
  const turn = ++turns;
  return (next) => {
    if (turn === turns) current = next;
  };
}

/** Instantiates the kernels on a memory. They import it, and what tells several threads that one has ended. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelCalls {
  try {
    return link(module, { env: { memory, lost: () => false } }) as unknown as KernelCalls;
  } catch (error) {
    throw new FeatureError(`can't instantiate the kernels: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
