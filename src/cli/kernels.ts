import { setFlagsFromString } from 'node:v8';
import { instantiateSync } from '@assemblyscript/loader';
import { FeatureError, init, type KernelBuild } from '../index.ts';
import { linkWith } from '../wasm/links.ts';

/**
 * Loads the kernels and returns the build in use. V8's flag for relaxed SIMD is set only if `relaxed` is requested
 * explicitly and the engine needs the flag (Node 20).
 */
export async function loadKernels(kernels: 'auto' | KernelBuild, revectorize = false): Promise<KernelBuild> {
  try {
    return await load(kernels, revectorize);
  } catch (error) {
    if (kernels !== 'relaxed' || !(error instanceof FeatureError)) throw error;
    setFlagsFromString('--experimental-wasm-relaxed-simd');
    return load(kernels, revectorize);
  }
}

/** Loads the kernels that the engine runs fastest, unless the command has loaded some. */
export async function needKernels(): Promise<void> {
  if (!loaded) await loadKernels('auto');
}

let loaded = false;

async function load(kernels: 'auto' | KernelBuild, revectorize: boolean): Promise<KernelBuild> {
  const runtime = await init({ kernels, revectorize });
  loaded = true;
  linkWith(runtime.module, (module, imports) => instantiateSync(module, imports).instance.exports);
  return runtime.kernels;
}
