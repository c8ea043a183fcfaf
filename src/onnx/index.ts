/**
 * Runs ONNX models on the kernels of this package.
 * @module unrolled/onnx
 */

export { ArgumentError, FormatError, MemoryError, ShapeError, StateError, UnrolledError } from '../errors.ts';
export type {
  OnnxAttribute,
  OnnxFunction,
  OnnxGraph,
  OnnxNode,
  OnnxValueInfo,
} from '../formats/onnx/graph.ts';
export type { OnnxModel } from '../formats/onnx/read.ts';
export type { OnnxDtype } from '../formats/onnx/schema.ts';
export type { OnnxTensor, TensorData as OnnxData } from '../formats/onnx/tensor.ts';
export type { Operator as OnnxOperator } from '../onnxSession/node.ts';
export type { OnnxOperators } from '../onnxSession/operators.ts';
export type { LoadOnnxOptions, OnnxSession, RunOptions, ToModelOptions } from '../onnxSession/session.ts';
export type { OnnxStream, OnnxStreamOptions } from '../onnxSession/stream.ts';
export type {
  OnnxArray,
  OnnxFeed,
  OnnxOutputs,
  OnnxPort,
  OnnxTensorResult,
} from '../onnxSession/tensors.ts';
export { loadOnnx } from './load.ts';
