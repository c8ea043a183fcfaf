import type { Describe } from './builder.ts';
import * as activations from './layers/activations.ts';
import * as attention from './layers/attention.ts';
import { bidirectional } from './layers/bidirectional.ts';
import * as convolutions from './layers/convolutions.ts';
import * as joins from './layers/joins.ts';
import * as norms from './layers/norms.ts';
import { recurrent } from './layers/recurrent.ts';
import * as shapes from './layers/shapes.ts';
import * as steps from './layers/steps.ts';
import { timeDistributed } from './layers/timeDistributed.ts';

/** The list of layers that need no other entry: how each is described. */
export const LAYERS = {
  Activation: activations.activation,
  ActivityRegularization: steps.identity,
  Add: joins.add,
  AdditiveAttention: attention.attention,
  AlphaDropout: steps.identity,
  Attention: attention.attention,
  AveragePooling1D: convolutions.pool,
  BatchNormalization: norms.batchNorm,
  Bidirectional: bidirectional,
  Concatenate: joins.concatenate,
  Conv1D: convolutions.conv1d,
  Convolution1D: convolutions.conv1d,
  CuDNNGRU: recurrent,
  CuDNNLSTM: recurrent,
  Dense: steps.dense,
  Dropout: steps.dropout,
  ELU: activations.elu,
  Embedding: steps.embedding,
  Flatten: shapes.flatten,
  GRU: recurrent,
  GaussianDropout: steps.identity,
  GaussianNoise: steps.identity,
  GlobalAveragePooling1D: convolutions.globalPool,
  GlobalMaxPooling1D: convolutions.globalPool,
  LSTM: recurrent,
  LayerNormalization: norms.layerNorm,
  LeakyReLU: activations.leakyRelu,
  Masking: steps.masking,
  MaxPooling1D: convolutions.pool,
  Multiply: joins.multiply,
  ReLU: activations.relu,
  RepeatVector: shapes.repeatVector,
  Reshape: shapes.reshape,
  SimpleRNN: recurrent,
  Softmax: activations.softmax,
  SpatialDropout1D: steps.spatialDropout,
  TimeDistributed: timeDistributed,
} as const satisfies Readonly<Record<string, Describe>>;
