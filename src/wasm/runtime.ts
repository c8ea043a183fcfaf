import { FeatureError, StateError } from '../errors.ts';
import type { KernelCalls, KernelName } from './generated/kernelCalls.ts';

/** Which kernels run: `simd` gives the same bits on every engine; `relaxed` fuses multiply and add. */
export type KernelBuild = 'simd' | 'relaxed';

/** The compiled kernels that models made from now on run on. */
export interface Runtime {
  /** Which build. */
  readonly kernels: KernelBuild;
  /** Compiled; `postMessage` carries it. */
  readonly module: WebAssembly.Module;
  /** Whether V8 was found to merge 128-bit operations into 256-bit ones. The bits of results are the same. */
  readonly revectorized: boolean;
  /** Whether they can train: not those of `unrolled/inference`. */
  readonly training: boolean;
}

/** Makes an instance of a module. */
export type Link = (
  module: WebAssembly.Module,
  imports: { env: { memory: WebAssembly.Memory } },
) => WebAssembly.Exports;

/** What instances of a module are made with, where something was given. */
const links = new WeakMap<WebAssembly.Module, Link>();

/** Has instances of a module made with `link`. */
export function linkWith(module: WebAssembly.Module, link: Link): void {
  links.set(module, link);
}

const plainly: Link = (module, imports) => new WebAssembly.Instance(module, imports).exports;

/** Where a memory says which tiles run (assembly/gemm/tiles.ts). */
const WIDE_AT = 65_472;

let current: Runtime | undefined;

/** The runtime of the last `init()`. */
export function runtime(): Runtime {
  if (!current) throw new StateError('the kernels are not loaded: await init() first');
  return current;
}

/** @throws {FeatureError} kernels that lack one: those of `unrolled/core` or `unrolled/inference` */
export function requireKernel(kernels: KernelCalls, name: KernelName): void {
  if (!kernels[name]) {
    throw new FeatureError(`the kernels loaded have no ${name}: those that init() of 'unrolled' loads have`);
  }
}

let turns = 0;

/** A turn to set the runtime, which is in effect unless another was taken meanwhile. */
export function takeTurn(): (next: Runtime) => void {
  const turn = ++turns;
  return (next) => {
    if (turn === turns) current = next;
  };
}

/**
 * The kernels over a memory of their own, with tiles of 16 columns (`wide`) or 8. They import that memory and nothing
 * else.
 */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  wide: boolean,
): KernelCalls {
  new Int32Array(memory.buffer)[WIDE_AT / 4] = wide ? 1 : 0;
  try {
    const link = links.get(module) ?? plainly;
    return link(module, { env: { memory } }) as unknown as KernelCalls;
  } catch (error) {
    throw new FeatureError(`the kernels can't be instantiated: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
