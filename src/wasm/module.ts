import { ArgumentError, FeatureError, Words } from '../errors.ts';
import { KERNEL_NAMES } from './exports.ts';
import { instantiate, type Runtime } from './runtime.ts';

/** @throws {FeatureError} bytes that this engine can't compile, or is forbidden to */
export async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (error) {
    throw new FeatureError(`the kernels can't be compiled: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws {ArgumentError} a module that is not these kernels */
export function holdsKernels(name: string, module: WebAssembly.Module): void {
  const names = new Set(WebAssembly.Module.exports(module).map((e) => e.name));
  const missing = KERNEL_NAMES.find((name) => !names.has(name));
  if (missing)
    throw new ArgumentError(name, `a module that exports ${missing}`, new Words('one that does not'));
}

/** Asks the kernels which build they are. */
export function describe(module: WebAssembly.Module, revectorized: boolean): Runtime {
  const kernels = instantiate(module, new WebAssembly.Memory({ initial: 1, maximum: 1 }), false);
  return { kernels: kernels.is_relaxed() === 1 ? 'relaxed' : 'simd', module, revectorized };
}
