import { setFlagsFromString } from 'node:v8';
import { instantiateSync } from '@assemblyscript/loader';
import { FeatureError, init, type KernelBuild } from '../index.ts';
import { linkWith } from '../wasm/runtime.ts';

/**
 * Loads the kernels, whose instances the loader makes, and says which. Only when `relaxed` is asked for by name, and the
 * engine knows it behind its flag alone (Node 20), that flag is set.
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

async function load(kernels: 'auto' | KernelBuild, revectorize: boolean): Promise<KernelBuild> {
  const runtime = await init({ kernels, revectorize });
  linkWith(runtime.module, (module, imports) => instantiateSync(module, imports).instance.exports);
  return runtime.kernels;
}
