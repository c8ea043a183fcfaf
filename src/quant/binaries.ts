import { FeatureError } from '../errors.ts';
import relaxed from '../wasm/generated/relaxed-quant.ts';
import simd from '../wasm/generated/simd-quant.ts';
import { inflateSync } from '../wasm/inflateRaw.ts';
import { runtime } from '../wasm/runtime.ts';
import { isExact } from './exact.ts';
import { isSupplied, supply } from './kernels.ts';

/**
 * Compiles the kernels of quantized layers, of the build that `init()` has loaded; `simd` where the engine's
 * relaxed products are not exact.
 * @throws {StateError} before `init()`
 * @throws {FeatureError} if the engine forbids compiling
 */
export function loadKernels(): void {
  const { kernels } = runtime();
  if (isSupplied(kernels)) return;
  const relaxedOne = kernels === 'relaxed' ? compiled(relaxed) : undefined;
  supply(kernels, relaxedOne && isExact(relaxedOne) ? relaxedOne : compiled(simd));
}

function compiled(text: string): WebAssembly.Module {
  const bytes = inflateSync(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  try {
    return new WebAssembly.Module(bytes as BufferSource);
  } catch (error) {
    const { message } = error as Error;
    throw new FeatureError(`can't compile the kernels of quantized layers: ${message}`, { cause: error });
  }
}
