import { allocated } from '../allocate.ts';
import { ArgumentError, FeatureError } from '../errors.ts';
import { EXPORT_HASHES } from './generated/exportHashes.ts';
import { instantiate, type Runtime } from './runtime.ts';

/** @throws {FeatureError} if the engine can't compile the bytes or forbids it */
export async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return compileNow(bytes as BufferSource) ?? (await WebAssembly.compile(bytes as BufferSource));
  } catch (error) {
    throw new FeatureError(`can't compile the kernels: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Without passing through other threads, which takes longer than to validate the bytes: engines compile each function when
 * it is first called. Undefined in browsers that limit the bytes for this on a page's main thread (Chromium before 2023).
 */
function compileNow(bytes: BufferSource): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws {ArgumentError} if a module does not export the kernels of the full, core or inference build */
export function holdsKernels(name: string, module: WebAssembly.Module): void {
  let hash = 0;
  const names = WebAssembly.Module.exports(module).map((e) => e.name);
  for (const letter of `${names.sort()}`) {
    hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0;
  }
  if (!EXPORT_HASHES.includes(hash)) {
    throw new ArgumentError(name, 'the exports of this version', module);
  }
}

/** Returns which build the kernels are. */
export function describe(module: WebAssembly.Module, revectorized: boolean): Runtime {
  const page = allocated(0, () => new WebAssembly.Memory({ initial: 1, maximum: 1 }));
  const kernels = instantiate(module, page);
  const training = 'lstm_backward' in kernels;
  return { kernels: kernels.is_relaxed() ? 'relaxed' : 'simd', module, revectorized, training };
}
