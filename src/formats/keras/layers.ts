import type { Describe } from './builder.ts';
import { bidirectional } from './layers/bidirectional.ts';
import { recurrent } from './layers/recurrent.ts';
import * as steps from './layers/steps.ts';

/** The list of layers that are always there: how each is described. */
export const LAYERS = {
  Activation: steps.activation,
  ActivityRegularization: steps.identity,
  AlphaDropout: steps.identity,
  Bidirectional: bidirectional,
  CuDNNGRU: recurrent,
  CuDNNLSTM: recurrent,
  Dense: steps.dense,
  Dropout: steps.dropout,
  Embedding: steps.embedding,
  GRU: recurrent,
  GaussianDropout: steps.identity,
  GaussianNoise: steps.identity,
  LSTM: recurrent,
  Masking: steps.masking,
  SimpleRNN: recurrent,
  SpatialDropout1D: steps.spatialDropout,
} as const satisfies Readonly<Record<string, Describe>>;
