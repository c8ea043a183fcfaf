/**
 * Models of layers, which train, from ONNX models.
 * @module unrolled/onnx-model
 */

export { ArgumentError, FormatError } from '../errors.ts';
export { type LoadedModel, toModel } from './toModel.ts';
