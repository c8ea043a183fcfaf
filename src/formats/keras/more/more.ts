import type { MoreLayers } from '../builder.ts';
import * as activations from './activations.ts';
import { rnnOfCell } from './cells.ts';
import * as convolutions from './convolutions.ts';
import { einsumDense } from './einsumDense.ts';
import * as joins from './joins.ts';
import { multiHead } from './multiHead.ts';
import * as norms from './norms.ts';
import { operation } from './operations.ts';
import * as shapes from './shapes.ts';
import { timeDistributed } from './timeDistributed.ts';
import { withOperations } from './withOperations.ts';

/** Layers of Keras besides those of `LAYERS`, and what those do with options that they seldom have. */
export const MORE: MoreLayers = {
  prepare: withOperations,
  layers: {
    Average: joins.average,
    Cropping1D: shapes.cropping,
    DepthwiseConv1D: convolutions.depthwise,
    Dot: joins.dot,
    EinsumDense: einsumDense,
    Identity: ({ layer }, inputs) => [layer.one(inputs)],
    Maximum: joins.maximum,
    Minimum: joins.minimum,
    MultiHeadAttention: multiHead,
    Normalization: norms.normalization,
    Operation: operation,
    PReLU: activations.prelu,
    Permute: shapes.permute,
    RMSNormalization: norms.rmsNorm,
    RNN: rnnOfCell,
    Rescaling: norms.rescaling,
    SeparableConv1D: convolutions.separable,
    Subtract: joins.subtract,
    ThresholdedReLU: activations.relu,
    UnitNormalization: norms.unitNormalization,
    UpSampling1D: shapes.upSampling,
    ZeroPadding1D: shapes.zeroPadding,
  },
  forms: {
    Add: joins.joined('Add'),
    BatchNormalization: norms.batchNorm,
    Concatenate: joins.concatenate,
    Embedding: shapes.embedding,
    LayerNormalization: norms.layerNorm,
    Multiply: joins.joined('Multiply'),
    ReLU: activations.relu,
    Softmax: activations.softmax,
    TimeDistributed: timeDistributed,
  },
};
