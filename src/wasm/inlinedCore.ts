import { loadBuild } from './builds.ts';
import { CORE_NAMES } from './generated/kernelNames.ts';
import { inflate } from './inflate.ts';
import { type PlainInitOptions, start } from './init.ts';
import type { KernelBuild, Runtime } from './runtime.ts';

/**
 * As `init` of `unrolled`, with the kernels of the plain cells alone. Where both were called, the last call decides.
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
      ? await import('./generated/relaxed-core.ts')
      : await import('./generated/simd-core.ts');
  return inflate(text);
}

const means = { load: loadBuild, binary: inlined, names: CORE_NAMES };
