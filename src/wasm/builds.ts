import { FeatureError } from '../errors.ts';
import { type KernelSource, make } from './init.ts';
import type { KernelBuild, Runtime } from './runtime.ts';

/** Builds that were loaded, by who brought them. */
const builds = new Map<KernelSource, Map<string, Promise<Runtime>>>();

/** The build that was asked for; `auto`: relaxed, or simd where the engine has no relaxed SIMD. */
export async function loadBuild(
  kernels: 'auto' | KernelBuild,
  wide: boolean,
  means: KernelSource,
): Promise<Runtime> {
  if (kernels !== 'auto') return build(kernels, wide, means);
  try {
    return await build('relaxed', wide, means);
  } catch (error) {
    if (!(error instanceof FeatureError)) throw error;
    return build('simd', wide, means);
  }
}

function build(kernels: KernelBuild, wide: boolean, means: KernelSource): Promise<Runtime> {
  let ofMeans = builds.get(means);
  if (!ofMeans) builds.set(means, (ofMeans = new Map()));
  const key = `${kernels} ${wide}`;
  let loading = ofMeans.get(key);
  if (!loading) {
    loading = load(kernels, wide, means);
    ofMeans.set(key, loading);
    // a failure is not kept: a later call may find the engine's flags changed
    loading.catch(() => ofMeans.delete(key));
  }
  return loading;
}

async function load(kernels: KernelBuild, wide: boolean, means: KernelSource): Promise<Runtime> {
  const binary = await means.binary!(kernels);
  if (!(binary instanceof WebAssembly.Module) && !WebAssembly.validate(binary)) {
    throw new FeatureError(
      kernels === 'relaxed'
        ? 'this engine has no relaxed SIMD (Node 20 has it behind --experimental-wasm-relaxed-simd): use simd kernels'
        : 'this engine has no WebAssembly SIMD, which the kernels need',
    );
  }
  return make(binary, wide, means);
}
