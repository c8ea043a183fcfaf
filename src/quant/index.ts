/**
 * Models with int8 weights for inference, and files with 16-bit weights.
 * @module unrolled/quant
 */

export { ArgumentError, FeatureError, FormatError, MemoryError, StateError } from '../errors.ts';
export { type HalfType, saveHalf } from './half.ts';
export { loadQuantized } from './loadQuantized.ts';
export type { QuantizeBatch, QuantizeLoss } from './loss.ts';
export { type Quantized, type QuantizeOptions, quantize } from './quantize.ts';
export { type Int8Weights, QuantizedModel, QuantizedSequential } from './quantized.ts';
export type { LayerReport, QuantReport } from './report.ts';
