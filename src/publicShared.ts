// declarations mention Symbol.dispose, which older standard libraries of TypeScript lack
/// <reference lib="esnext.disposable" preserve="true" />

export type { Steps } from './engine/batchIO.ts';
export type { Layer, ParameterSpec } from './engine/layer.ts';
export type { ModelForwardOptions } from './engine/wholeSequences.ts';
export {
  ArgumentError,
  FeatureError,
  FormatError,
  MemoryError,
  NonFiniteError,
  type NonFiniteOrigin,
  ShapeError,
  StateError,
  UnrolledError,
} from './errors.ts';
export { Generator } from './init/generator.ts';
export type { Initializer } from './init/initializers.ts';
export { Dropout } from './layers/dropout.ts';
export { Embedding, type EmbeddingOptions } from './layers/embedding.ts';
export { LastStep, type LastStepOptions } from './layers/lastStep.ts';
export { Linear, type LinearOptions } from './layers/linear.ts';
export type { MergeMode, RecurrentOptions } from './layers/recurrent/options.ts';
export type { PlanOptions, PlanReport } from './model/core/modelBase.ts';
export type { SequentialOptions } from './model/core/sequentialBase.ts';
export type { StreamOptions } from './model/core/streamBase.ts';
export type { Given, NDArray, Signal } from './ndarray.ts';
export { type KernelBuild, type Runtime, runtime as runtimeInfo } from './wasm/runtime.ts';
export type { WasmSource } from './wasm/source.ts';
