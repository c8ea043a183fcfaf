import { FeatureError } from '../errors.ts';
import { type ExtraOptions, type KernelSource, plain } from './init.ts';
import { compile } from './module.ts';
import type { KernelBuild, Runtime } from './runtime.ts';

/** Loaded builds, by entry point. */
const builds = new Map<KernelSource, Map<string, Promise<Runtime>>>();

/** The requested build; `auto`: relaxed, or simd if the engine does not support relaxed SIMD. */
export async function loadBuild(
  kernels: 'auto' | KernelBuild,
  extra: ExtraOptions,
  means: KernelSource,
): Promise<Runtime> {
  if (kernels !== 'auto') return build(kernels, extra, means);
  try {
    return await build('relaxed', extra, means);
  } catch (error) {
    if (!(error instanceof FeatureError)) throw error;
    return build('simd', extra, means);
  }
}

function build(kernels: KernelBuild, extra: ExtraOptions, means: KernelSource): Promise<Runtime> {
  let ofMeans = builds.get(means);
  if (!ofMeans) builds.set(means, (ofMeans = new Map()));
  const key = `${kernels} ${JSON.stringify(extra)}`;
  let loading = ofMeans.get(key);
  if (!loading) {
    loading = load(kernels, extra, means);
    ofMeans.set(key, loading);
    // failures are not cached: the engine's flags may change
    loading.catch(() => ofMeans.delete(key));
  }
  return loading;
}

async function load(kernels: KernelBuild, extra: ExtraOptions, means: KernelSource): Promise<Runtime> {
  const binary = await means.binary!(kernels);
  // neither its exports nor what an instance says are asked for: 2 of the 20 ms of CPU until a page's first result
  const known: typeof plain = async (own) => ({
    kernels,
    module: own instanceof WebAssembly.Module ? own : await compile(own),
    revectorized: false,
    training: means.training!,
  });
  try {
    return await means.make(binary, extra, known);
  } catch (error) {
    // asked only now: compiling validates, too
    if (binary instanceof WebAssembly.Module || WebAssembly.validate(binary)) throw error;
    throw new FeatureError(
      kernels === 'relaxed'
        ? 'this engine does not support relaxed SIMD (Node 20 needs --experimental-wasm-relaxed-simd): use the simd kernels'
        : 'the kernels need WebAssembly SIMD, which this engine does not support',
    );
  }
}

/** `make` of entries without extra options. */
export const make: KernelSource['make'] = (binary, _, of = plain) => of(binary);
