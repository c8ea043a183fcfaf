import { inlinedBuild } from './inlinedBuild.ts';

// that is the first import, and `init` the first export of entries: a bundle that begins with it is the smallest when gzipped

import { loadBuild } from './builds.ts';
import { extras } from './extras.ts';
import { type InitOptions, start } from './init.ts';
import type { Runtime } from './runtime.ts';

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

const means = { load: loadBuild, binary: inlinedBuild, training: true, ...extras };
