import type { LoadOptions } from '../model/registry.ts';
import { loadKernels } from './binaries.ts';
import { readQuantized } from './load.ts';
import type { QuantizedModel, QuantizedSequential } from './quantized.ts';

/**
 * Loads a file written by `save` of a quantized model.
 * @throws {FormatError} if the file is not a valid safetensors file or not a quantized model of this package
 * @throws {StateError} before `init()`
 * @throws {FeatureError} if the engine forbids compiling
 */
export function loadQuantized(
  bytes: Uint8Array | ArrayBuffer,
  opts?: LoadOptions,
): QuantizedSequential | QuantizedModel {
  loadKernels();
  return readQuantized(bytes, opts);
}
