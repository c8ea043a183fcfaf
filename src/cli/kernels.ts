import { setFlagsFromString } from 'node:v8';
import { FeatureError, init, type KernelBuild } from '../index.ts';

/**
 * Loads the kernels and says which. Only when `relaxed` is asked for by name, and the engine knows it behind its
 * flag alone (Node 20), that flag is set.
 */
export async function loadKernels(kernels: 'auto' | KernelBuild, revectorize = false): Promise<KernelBuild> {
  try {
    return (await init({ kernels, revectorize })).kernels;
  } catch (error) {
    if (kernels !== 'relaxed' || !(error instanceof FeatureError)) throw error;
    setFlagsFromString('--experimental-wasm-relaxed-simd');
    return (await init({ kernels, revectorize })).kernels;
  }
}
