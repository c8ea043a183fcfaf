import relaxed from './generated/relaxed-inference.ts';

// that is the first import, and `init` the first export of entries: a bundle that begins with it is the smallest when gzipped

import { loadBuild, make } from './builds.ts';
import { inflate } from './inflate.ts';
import { type PlainInitOptions, start } from './init.ts';
import type { KernelBuild, Runtime } from './runtime.ts';

/**
 * Same as `init` of `unrolled`, with only the kernels for inference. If both are called, the last call decides.
 *
 * @throws {ArgumentError} if an option is unknown or the bytes are not a build of these kernels
 * @throws {FeatureError} if the engine does not support WebAssembly SIMD (or relaxed SIMD, if requested) or forbids
 * compiling (a Content-Security-Policy without `wasm-unsafe-eval`)
 */
export function init(opts?: PlainInitOptions): Promise<Runtime> {
  return start(opts, means);
}

/** The relaxed build, which `init` tries first, comes with the entry: one round trip less. The other is loaded when needed. */
async function inlined(kernels: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  return inflate(kernels === 'relaxed' ? relaxed : (await import('./generated/simd-inference.ts')).default);
}

const means = { load: loadBuild, binary: inlined, make, training: false };
