/**
 * Reads and writes safetensors files. Needs no WebAssembly and no `init()`.
 * @module unrolled/io
 */

export { ArgumentError, FormatError, MemoryError } from '../errors.ts';
export type { DtypeArrays } from './dtype.ts';
export {
  type Dtype,
  type SafetensorsFile,
  serializeSafetensors,
  type Tensor,
  type TensorData,
  type TensorInput,
  type TensorOf,
  toFloat32,
} from './safetensors.ts';
export { type ParseOptions, parseSafetensors } from './view.ts';
