export type { Activation, ActivationName } from './activations.ts';
export type { Direction, Flow, GateFlow, LayerFlow, NonFinite } from './diagnostics/flow.ts';
export { gateSpectra, largestSingularValue, type Spectrum, spectralRadius } from './diagnostics/spectrum.ts';
export type { Verdict } from './diagnostics/verdict.ts';
export { constant, glorot, identity, normal, orthogonal, uniform } from './init/initializers.ts';
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
export { GRU, type GRUOptions } from './layers/gru.ts';
export { IndRNN, type IndRNNOptions } from './layers/indRNN.ts';
export { irnn } from './layers/irnn.ts';
export { LSTM, type LSTMOptions } from './layers/lstm.ts';
export { MinGRU } from './layers/minGRU.ts';
export { MinLSTM } from './layers/minLSTM.ts';
export type { ConfigurableOptions, Penalty, Zoneout } from './layers/recurrent/configuration.ts';
export { RNN, type RNNOptions } from './layers/rnn.ts';
export { SRU, type SRUBackwardResult, type SRUForwardResult } from './layers/sru.ts';
export { bceWithLogits, type CrossEntropyOptions, crossEntropy, type Loss, mse } from './losses/loss.ts';
export type { CheckpointReport } from './model/bptt/checkpoints.ts';
export { Sequential } from './model/sequential.ts';
export { Stream } from './model/stream.ts';
export { type Beam, type BeamOptions, beamSearch } from './model/streaming/beam.ts';
export { StreamPool, type StreamPoolOptions, StreamSession } from './model/streaming/pool.ts';
export type { StreamState } from './model/streaming/state.ts';
export {
  type Evaluation,
  type StepOptions,
  type StepResult,
  Trainer,
  type TrainerOptions,
  type Truncation,
} from './model/trainer.ts';
export { Adagrad, type AdagradOptions } from './optim/adagrad.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { Optimizer } from './optim/optimizer.ts';
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.ts';
export { cosineLR, type Schedule, stepLR, warmup } from './optim/schedules.ts';
export { SGD, type SGDOptions } from './optim/sgd.ts';
export * from './publicShared.ts';
export { type InitSyncOptions, initSync } from './wasm/initSync.ts';
