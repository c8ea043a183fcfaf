export { GRU, type GRUOptions } from './layers/core/gru.ts';
export { LSTM, type LSTMOptions } from './layers/core/lstm.ts';
export { RNN, type RNNOptions } from './layers/core/rnn.ts';
export { bceWithLogits, type CrossEntropyOptions, crossEntropy, type Loss, mse } from './losses/loss.ts';
export { SequentialBase as Sequential } from './model/core/sequentialBase.ts';
export { StreamBase as Stream } from './model/core/streamBase.ts';
export {
  type Evaluation,
  type StepResult,
  TrainerBase as Trainer,
  type TrainerOptions,
} from './model/core/trainerBase.ts';
export { Adagrad, type AdagradOptions } from './optim/adagrad.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { Optimizer } from './optim/optimizer.ts';
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.ts';
export { cosineLR, type Schedule, stepLR, warmup } from './optim/schedules.ts';
export { SGD, type SGDOptions } from './optim/sgd.ts';
export * from './publicShared.ts';
