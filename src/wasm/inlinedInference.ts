import { loadBuild } from './builds.ts';
import { INFERENCE_NAMES } from './generated/kernelNames.ts';
import { inflate } from './inflate.ts';
import { type PlainInitOptions, start } from './init.ts';
import type { KernelBuild, Runtime } from './runtime.ts';

/**
 * As `init` of `unrolled`, with kernels that only infer. Where both were called, the last call decides.
 *
 * @throws {ArgumentError} an unknown option, or bytes that are not these kernels
 * @throws {FeatureError} an engine without WebAssembly SIMD (or relaxed SIMD, when that was asked for), or one that
 * forbids compiling (a Content-Security-Policy without `wasm-unsafe-eval`)
 */
export function init(opts?: PlainInitOptions): Promise<Runtime> {
  return start(opts, means);
}

/** One import a build, so that only the one in use is loaded. */
async function inlined(kernels: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  const { default: text } =
    kernels === 'relaxed'
      ? await import('./generated/relaxed-inference.ts')
      : await import('./generated/simd-inference.ts');
  return inflate(text);
}

const means = { load: loadBuild, binary: inlined, names: INFERENCE_NAMES };
