import * as u from '../src/index.ts';
import type { JoinName } from '../src/model/graph/joinRegistry.ts';
import type { LayerName } from '../src/model/registry.ts';
import type { SCHEDULES, ScheduleName } from '../src/optim/table.ts';

/*
 * What suites draw their cases from: a row for every member of each table. A row that is missing is a type error here or
 * in the files named here.
 */
export { activations } from './reference/activations.ts';
export { type LossCase, lossCases } from './reference/losses.ts';
export { type OptimizerCase, optimizerCases } from './reference/optimizers.ts';

/** A layer of each type for 4 features, or 4 indices, with options that are not at their default. */
export const layers: { readonly [K in LayerName]: () => u.Layer & { readonly type: K } } = {
  Activation: () => new u.Activation({ name: 'elu', alpha: 0.5 }),
  BatchNorm: () => new u.BatchNorm(4, { momentum: 0.3, eps: 1e-3 }),
  AvgPool1d: () => new u.AvgPool1d(3, { stride: 2, padding: 1 }),
  Conv1d: () =>
    new u.Conv1d(4, 6, 3, {
      stride: 2,
      dilation: 2,
      groups: 2,
      padding: 'same',
      bias: false,
      activation: 'relu',
    }),
  Dropout: () => new u.Dropout(0.25),
  Dropout1d: () => new u.Dropout1d(0.25),
  Embedding: () => new u.Embedding(4, 3),
  Flatten: () => new u.Flatten({ steps: 5 }),
  GRU: () => new u.GRU(4, 3, { resetAfter: false }),
  IndRNN: () => new u.IndRNN(4, 3, { nonlinearity: 'relu' }),
  LastStep: () => new u.LastStep(),
  LayerNorm: () => new u.LayerNorm(4, { eps: 1e-3, bias: false }),
  Linear: () => new u.Linear(4, 3, { bias: false, activation: 'softmax' }),
  LSTM: () => new u.LSTM(4, 3, { peephole: true, clip: 5 }),
  MaxPool1d: () => new u.MaxPool1d(2, { padding: 'same' }),
  MinGRU: () => new u.MinGRU(4, 3, { bias: false }),
  MinLSTM: () => new u.MinLSTM(4, 3, { numLayers: 2 }),
  Pool: () => new u.Pool({ kind: 'max' }),
  Reverse: () => new u.Reverse(),
  RNN: () => new u.RNN(4, 3, { nonlinearity: 'relu' }),
  SLSTM: () => new u.SLSTM(4, 6, { heads: 2, forgetGate: 'exponential' }),
  SRU: () => new u.SRU(4, 3),
};

/** A layer of each type with several inputs, with options that are not at their default. */
export const joins: { readonly [K in JoinName]: () => u.JoinLayer & { readonly type: K } } = {
  Add: () => new u.Add(),
  Attention: () => new u.Attention({ kind: 'additive', units: 3 }),
  Concat: () => new u.Concat(),
  Multiply: () => new u.Multiply(),
  Unflatten: () => new u.Unflatten({ steps: 2 }),
  RepeatVector: () => new u.RepeatVector(3),
};

/** Options of every schedule, as data. */
export const schedules: {
  readonly [K in ScheduleName]: Omit<Parameters<(typeof SCHEDULES)[K]>[0], 'after'>;
} = {
  stepLR: { stepSize: 2, gamma: 0.5 },
  cosineLR: { steps: 5, floor: 0.1 },
  warmup: { steps: 3 },
  exponentialLR: { gamma: 0.9 },
  multiStepLR: { milestones: [2, 4], gamma: 0.5 },
  oneCycle: { steps: 8, pctStart: 0.4 },
  plateau: { patience: 1 },
};
