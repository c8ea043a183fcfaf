import { loadBuild } from './builds.ts';
import { INFERENCE_NAMES } from './generated/kernelNames.ts';
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

/** One import per build, so that only the one in use is loaded. */
async function inlined(kernels: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  const { default: text } =
    kernels === 'relaxed'
      ? await import('./generated/relaxed-inference.ts')
      : await import('./generated/simd-inference.ts');
  return inflate(text);
}

const means = { load: loadBuild, binary: inlined, names: INFERENCE_NAMES };
