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
export {
  constant,
  glorot,
  type Initializer,
  identity,
  normal,
  orthogonal,
  uniform,
} from './init/initializers.ts';
export type { Activation, ActivationName } from './layers/activations.ts';
export type { Steps } from './layers/border.ts';
export {
  type CellForwardOptions,
  type CellGradients,
  type CellOptions,
  type CellState,
  type CellUpstream,
  GRUCell,
  LSTMCell,
  type LSTMCellGradients,
  type LSTMCellState,
  RNNCell,
  type RNNCellOptions,
} from './layers/cells.ts';
export { Dropout } from './layers/dropout.ts';
export { Embedding, type EmbeddingOptions } from './layers/embedding.ts';
export { GRU, type GRUOptions } from './layers/gru.ts';
export { IndRNN, type IndRNNOptions } from './layers/indRNN.ts';
export { irnn } from './layers/irnn.ts';
export { LastStep } from './layers/last.ts';
export type { Layer, ParameterSpec } from './layers/layer.ts';
export { Linear, type LinearOptions } from './layers/linear.ts';
export { LSTM, type LSTMOptions } from './layers/lstm.ts';
export { MinGRU } from './layers/minGRU.ts';
export { MinLSTM } from './layers/minLSTM.ts';
export type { GatedOptions, Penalty, Zoneout } from './layers/recurrent/features.ts';
export type { MergeMode, RecurrentOptions } from './layers/recurrent/options.ts';
export { RNN, type RNNOptions } from './layers/rnn.ts';
export { SRU, type SRUBackwardResult, type SRUForwardResult } from './layers/sru.ts';
export type { BackwardInput, BackwardResult, ForwardOptions, ForwardResult } from './layers/standalone.ts';
export {
  type ModelForwardOptions,
  type PlanOptions,
  type PlanReport,
  Sequential,
  type SequentialOptions,
} from './model/sequential.ts';
export { Stream, type StreamOptions } from './model/stream.ts';
export { type Beam, type BeamOptions, beamSearch } from './model/streaming/beam.ts';
export { StreamPool, type StreamPoolOptions, StreamSession } from './model/streaming/pool.ts';
export type { StreamState } from './model/streaming/state.ts';
export type { Given, NDArray, Signal } from './ndarray.ts';
export { type InitSyncOptions, initSync } from './wasm/initSync.ts';
export { type KernelBuild, type Runtime, runtime as runtimeInfo } from './wasm/runtime.ts';
export type { WasmSource } from './wasm/source.ts';
