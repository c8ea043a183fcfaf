/**
 * Writes models as ONNX files.
 * @module unrolled/onnx-writer
 */

export { ArgumentError, FormatError } from '../errors.ts';
export { type SaveOnnxOptions, saveOnnx } from './saveOnnx.ts';
