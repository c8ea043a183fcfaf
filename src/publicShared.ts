// declarations mention Symbol.dispose, which older standard libraries of TypeScript lack
/// <reference lib="esnext.disposable" preserve="true" />

export {
  ArgumentError,
  FeatureError,
  FormatError,
  MemoryError,
  ShapeError,
  StateError,
  UnrolledError,
} from './errors.ts';
export { Generator } from './init/generator.ts';
export type { Initializer } from './init/initializers.ts';
export type { Steps } from './layers/border.ts';
export { Dropout } from './layers/dropout.ts';
export { Embedding, type EmbeddingOptions } from './layers/embedding.ts';
export { LastStep, type LastStepOptions } from './layers/last.ts';
export type { Layer, ParameterSpec } from './layers/layer.ts';
export { Linear, type LinearOptions } from './layers/linear.ts';
export type { MergeMode, RecurrentOptions } from './layers/recurrent/options.ts';
export type { BackwardInput, BackwardResult, ForwardOptions, ForwardResult } from './layers/standalone.ts';
export type {
  ModelForwardOptions,
  PlanOptions,
  PlanReport,
  SequentialOptions,
} from './model/core/sequential.ts';
export type { StreamOptions } from './model/core/stream.ts';
export type { Given, NDArray, Signal } from './ndarray.ts';
export { type KernelBuild, type Runtime, runtime as runtimeInfo } from './wasm/runtime.ts';
export type { WasmSource } from './wasm/source.ts';
