import type { Describe } from './builder.ts';
import * as activations from './layers/activations.ts';
import * as attention from './layers/attention.ts';
import { bidirectional } from './layers/bidirectional.ts';
import * as convolutions from './layers/convolutions.ts';
import * as joins from './layers/joins.ts';
import * as norms from './layers/norms.ts';
import { operation } from './layers/operations.ts';
import { recurrent, rnnOfCell } from './layers/recurrent.ts';
import * as shapes from './layers/shapes.ts';
import * as steps from './layers/steps.ts';
import { timeDistributed } from './layers/timeDistributed.ts';

/** The list of Keras's layers: how each is described. Documents and tests follow from it. */
export const LAYERS = {
  Activation: activations.activation,
  ActivityRegularization: steps.identity,
  Add: joins.add,
  AdditiveAttention: attention.attention,
  AlphaDropout: steps.identity,
  Attention: attention.attention,
  Average: joins.average,
  AveragePooling1D: convolutions.pool,
  BatchNormalization: norms.batchNorm,
  Bidirectional: bidirectional,
  Concatenate: joins.concatenate,
  Conv1D: convolutions.conv1d,
  Convolution1D: convolutions.conv1d,
  CuDNNGRU: recurrent,
  CuDNNLSTM: recurrent,
  Cropping1D: shapes.cropping,
  Dense: steps.dense,
  DepthwiseConv1D: convolutions.depthwise,
  Dot: joins.dot,
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
  Maximum: joins.maximum,
  Minimum: joins.minimum,
  MultiHeadAttention: attention.multiHead,
  Multiply: joins.multiply,
  Normalization: norms.normalization,
  Operation: operation,
  PReLU: activations.prelu,
  Permute: shapes.permute,
  RNN: rnnOfCell,
  ReLU: activations.relu,
  RepeatVector: shapes.repeatVector,
  Rescaling: norms.rescaling,
  Reshape: shapes.reshape,
  SeparableConv1D: convolutions.separable,
  SimpleRNN: recurrent,
  Softmax: activations.softmax,
  SpatialDropout1D: steps.spatialDropout,
  Subtract: joins.subtract,
  ThresholdedReLU: activations.relu,
  TimeDistributed: timeDistributed,
  UnitNormalization: norms.unitNormalization,
  UpSampling1D: shapes.upSampling,
  ZeroPadding1D: shapes.zeroPadding,
} as const satisfies Readonly<Record<string, Describe>>;
