import { ArgumentError, FeatureError, Words } from '../errors.ts';
import { INFERENCE_NAMES, KERNEL_NAMES } from './exports.ts';
import { instantiate, type Runtime } from './runtime.ts';

/** @throws {FeatureError} bytes that this engine can't compile, or is forbidden to */
export async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (error) {
    throw new FeatureError(`the kernels can't be compiled: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws {ArgumentError} a module that is not these kernels, all of them or all that inference takes */
export function holdsKernels(name: string, module: WebAssembly.Module): void {
  const names = exportsOf(module);
  if (names.size === INFERENCE_NAMES.length && INFERENCE_NAMES.every((name) => names.has(name))) return;
  const missing = KERNEL_NAMES.find((name) => !names.has(name));
  if (missing)
    throw new ArgumentError(name, `a module that exports ${missing}`, new Words('one that does not'));
}

/** Asks the kernels which build they are. */
export function describe(module: WebAssembly.Module, revectorized: boolean): Runtime {
  const kernels = instantiate(module, new WebAssembly.Memory({ initial: 1, maximum: 1 }), false);
  const training = exportsOf(module).size > INFERENCE_NAMES.length;
  return { kernels: kernels.is_relaxed() === 1 ? 'relaxed' : 'simd', module, revectorized, training };
}

function exportsOf(module: WebAssembly.Module): Set<string> {
  return new Set(WebAssembly.Module.exports(module).map((e) => e.name));
}
