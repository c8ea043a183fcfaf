import relaxed from '../relaxed-core.wasm';
import simd from '../simd-core.wasm';
import { loadBuild, make } from './builds.ts';
import { type PlainInitOptions, start } from './init.ts';
import type { KernelBuild, Runtime } from './runtime.ts';

/** Same as in inlinedCore, with modules that workerd compiled when it loaded the worker. */
export function init(opts?: PlainInitOptions): Promise<Runtime> {
  return start(opts, means);
}

async function imported(kernels: KernelBuild): Promise<WebAssembly.Module> {
  return kernels === 'relaxed' ? relaxed : simd;
}

const means = { load: loadBuild, binary: imported, make, training: true };
