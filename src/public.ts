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
export { Dropout } from './layers/dropout.ts';
export { Embedding, type EmbeddingOptions } from './layers/embedding.ts';
export { GRU, type GRUOptions } from './layers/gru.ts';
export type { Layer, ParameterSpec } from './layers/layer.ts';
export { Linear, type LinearOptions } from './layers/linear.ts';
export { LSTM, type LSTMOptions } from './layers/lstm.ts';
export type { RecurrentOptions } from './layers/recurrent.ts';
export { RNN, type RNNOptions } from './layers/rnn.ts';
export type { BackwardInput, BackwardResult, ForwardOptions, ForwardResult } from './layers/standalone.ts';
export { bceWithLogits, type CrossEntropyOptions, crossEntropy, type Loss, mse } from './losses/loss.ts';
export { type PlanOptions, type PlanReport, Sequential, type SequentialOptions } from './model/sequential.ts';
export { Stream, type StreamOptions } from './model/stream.ts';
export { type StepResult, Trainer, type TrainerOptions } from './model/trainer.ts';
export type { Given, NDArray } from './ndarray.ts';
export { Adagrad, type AdagradOptions } from './optim/adagrad.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { Optimizer } from './optim/optimizer.ts';
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.ts';
export { cosineLR, type Schedule, stepLR, warmup } from './optim/schedules.ts';
export { SGD, type SGDOptions } from './optim/sgd.ts';
export { type InitSyncOptions, initSync } from './wasm/initSync.ts';
export { type KernelBuild, type Runtime, runtime as runtimeInfo } from './wasm/runtime.ts';
export type { WasmSource } from './wasm/source.ts';
