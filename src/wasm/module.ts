import { ArgumentError, FeatureError, MemoryError, Verbatim } from '../errors.ts';
import { CORE_NAMES, INFERENCE_NAMES } from './generated/kernelNames.ts';
import { instantiate, type Runtime } from './runtime.ts';

/** @throws {FeatureError} bytes that this engine can't compile, or is forbidden to */
export async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (error) {
    throw new FeatureError(`the kernels can't be compiled: ${(error as Error).message}`, { cause: error });
  }
}

/** all: names of the largest build. @throws {ArgumentError} a module that is not these kernels, all of them, those of the plain cells, or all that inference takes */
export function holdsKernels(name: string, module: WebAssembly.Module, all: readonly string[]): void {
  const names = exportsOf(module);
  const part = [INFERENCE_NAMES, CORE_NAMES].find(({ length }) => length === names.size);
  const missing = (part ?? all).find((name) => !names.has(name));
  if (missing)
    throw new ArgumentError(name, `a module that exports ${missing}`, new Verbatim('one that does not'));
}

/** Asks the kernels which build they are. */
export function describe(module: WebAssembly.Module, revectorized: boolean): Runtime {
  const kernels = instantiate(module, onePage(), false);
  const training = exportsOf(module).size > INFERENCE_NAMES.length;
  return { kernels: kernels.is_relaxed() === 1 ? 'relaxed' : 'simd', module, revectorized, training };
}

function onePage(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1 });
  } catch (error) {
    throw new MemoryError('the engine gave no memory of 64 KiB', { cause: error });
  }
}

export function exportsOf(module: WebAssembly.Module): Set<string> {
  return new Set(WebAssembly.Module.exports(module).map((e) => e.name));
}
