/**
 * Runs the recurrent layers of TensorFlow.js on the kernels of this package.
 * @module unrolled/tfjs
 */

export { ArgumentError, FeatureError, MemoryError, StateError, UnrolledError } from '../errors.ts';
export type { TensorFlowModule } from './checkTensorFlow.ts';
export { type ExplainedKernel, type ExplainedLayer, explain } from './explain.ts';
export { install } from './install.ts';
export type { InstallOptions } from './options.ts';
