import relaxed from './generated/relaxed.ts';

// that is the first import, and `init` the first export of entries: a bundle that begins with it is the smallest when gzipped

import { loadBuild } from './builds.ts';
import { extras } from './extras.ts';
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

/** The relaxed build, which `init` tries first, comes with the entry: one round trip less. The other is loaded when needed. */
async function inlined(kernels: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  return inflate(kernels === 'relaxed' ? relaxed : (await import('./generated/simd.ts')).default);
}

const means = { load: loadBuild, binary: inlined, training: true, ...extras };
