import type { Describe } from './builder.ts';
import { bidirectional } from './layers/bidirectional.ts';
import * as convolutions from './layers/convolutions.ts';
import * as joins from './layers/joins.ts';
import { recurrent, rnnOfCell } from './layers/recurrent.ts';
import * as shapes from './layers/shapes.ts';
import * as steps from './layers/steps.ts';
import { timeDistributed } from './layers/timeDistributed.ts';

/** The list of Keras's layers: how each is described. Documents and tests follow from it. */
export const LAYERS = {
  Activation: steps.activation,
  ActivityRegularization: steps.identity,
  Add: joins.add,
  AdditiveAttention: joins.attention,
  AlphaDropout: steps.identity,
  Attention: joins.attention,
  Average: joins.average,
  AveragePooling1D: convolutions.pool,
  BatchNormalization: steps.batchNorm,
  Bidirectional: bidirectional,
  Concatenate: joins.concatenate,
  Conv1D: convolutions.conv1d,
  Convolution1D: convolutions.conv1d,
  CuDNNGRU: recurrent,
  CuDNNLSTM: recurrent,
  Dense: steps.dense,
  DepthwiseConv1D: convolutions.depthwise,
  Dropout: steps.dropout,
  ELU: steps.elu,
  Embedding: steps.embedding,
  Flatten: shapes.flatten,
  GRU: recurrent,
  GaussianDropout: steps.identity,
  GaussianNoise: steps.identity,
  GlobalAveragePooling1D: convolutions.globalPool,
  GlobalMaxPooling1D: convolutions.globalPool,
  LSTM: recurrent,
  LayerNormalization: steps.layerNorm,
  LeakyReLU: steps.leakyRelu,
  Masking: steps.masking,
  MaxPooling1D: convolutions.pool,
  Multiply: joins.multiply,
  RNN: rnnOfCell,
  ReLU: steps.relu,
  RepeatVector: shapes.repeatVector,
  Reshape: shapes.reshape,
  SeparableConv1D: convolutions.separable,
  SimpleRNN: recurrent,
  Softmax: steps.softmax,
  SpatialDropout1D: steps.spatialDropout,
  Subtract: joins.subtract,
  TimeDistributed: timeDistributed,
} as const satisfies Readonly<Record<string, Describe>>;
