import type { Describe } from './builder.ts';
import * as activations from './layers/activations.ts';
import * as attention from './layers/attention.ts';
import { conv1d } from './layers/convolutions.ts';
import * as joins from './layers/joins.ts';
import * as norms from './layers/norms.ts';
import { globalPool, pool } from './layers/pools.ts';
import * as shapes from './layers/shapes.ts';
import { timeDistributed } from './layers/timeDistributed.ts';

/** Layers that many recurrent models have besides those of `LAYERS`. */
export const COMMON = {
  Add: joins.add,
  AdditiveAttention: attention.attention,
  Attention: attention.attention,
  AveragePooling1D: pool,
  BatchNormalization: norms.batchNorm,
  Concatenate: joins.concatenate,
  Conv1D: conv1d,
  Convolution1D: conv1d,
  ELU: activations.elu,
  Flatten: shapes.flatten,
  GlobalAveragePooling1D: globalPool,
  GlobalMaxPooling1D: globalPool,
  LayerNormalization: norms.layerNorm,
  LeakyReLU: activations.leakyRelu,
  MaxPooling1D: pool,
  Multiply: joins.multiply,
  ReLU: activations.relu,
  RepeatVector: shapes.repeatVector,
  Reshape: shapes.reshape,
  Softmax: activations.softmax,
  TimeDistributed: timeDistributed,
} as const satisfies Readonly<Record<string, Describe>>;
