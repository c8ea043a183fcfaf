import relaxed from '../relaxed.wasm';
import simd from '../simd.wasm';
import { loadBuild } from './builds.ts';
import { extras } from './extras.ts';
import { type InitOptions, start } from './init.ts';
import type { KernelBuild, Runtime } from './runtime.ts';

/** Same as the default `init`, with modules that workerd compiled when it loaded the worker. */
export function init(opts?: InitOptions): Promise<Runtime> {
  return start(opts, means);
}

async function imported(kernels: KernelBuild): Promise<WebAssembly.Module> {
  return kernels === 'relaxed' ? relaxed : simd;
}

const means = { load: loadBuild, binary: imported, training: true, ...extras };
