import { loadBuild } from './builds.ts';
import { extras } from './extras.ts';
import { KERNEL_NAMES } from './generated/kernelNames.ts';
import { inflate } from './inflate.ts';
import { type InitOptions, start } from './init.ts';
import type { KernelBuild, Runtime } from './runtime.ts';

/**
 * Compiles the kernels, which models created later use. Safe to call repeatedly and concurrently: each build is
 * loaded and compiled once, and the last call decides which one is used.
 *
 * @throws {ArgumentError} if an option is unknown or the bytes are not a build of these kernels
 * @throws {FeatureError} if the engine does not support WebAssembly SIMD (or relaxed SIMD, if requested) or forbids
 * compiling (a Content-Security-Policy without `wasm-unsafe-eval`)
 */
export async function init(opts?: InitOptions): Promise<Runtime> {
  const runtime = await start(opts, means);
  await runtime.revive?.();
  return runtime;
}

/** One import per build, so that only the one in use is loaded. */
async function inlined(kernels: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  const { default: text } =
    kernels === 'relaxed' ? await import('./generated/relaxed.ts') : await import('./generated/simd.ts');
  return inflate(text);
}

const means = { load: loadBuild, binary: inlined, names: KERNEL_NAMES, extras };
