import type { Describe, MoreLayers } from '../builder.ts';
import { JOINS_3 } from '../json.ts';
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

/** What drops the mask of its inputs; in3: in Keras 3, too. */
const unmasked =
  (describe: Describe, in3 = true): Describe =>
  (context, inputs) => {
    const { builder, layer } = context;
    const keeps = !in3 && JOINS_3 in layer.options;
    return describe(context, keeps ? inputs : inputs.map((value) => builder.unmasked(layer, value)));
  };

/** Layers of Keras besides those of `LAYERS`, and what those do with options that they seldom have. */
export const MORE: MoreLayers = {
  prepare: withOperations,
  layers: {
    Average: joins.average,
    Cropping1D: shapes.cropping,
    DepthwiseConv1D: convolutions.depthwise,
    Dot: joins.dot,
    EinsumDense: unmasked(einsumDense),
    Identity: unmasked(({ layer }, inputs) => [layer.one(inputs)], false),
    Maximum: joins.joined('Combine', 'maximum'),
    Minimum: joins.joined('Combine', 'minimum'),
    MultiHeadAttention: multiHead,
    Normalization: unmasked(norms.normalization, false),
    Operation: operation,
    PReLU: activations.prelu,
    Permute: unmasked(shapes.permute),
    RMSNormalization: unmasked(norms.rmsNorm),
    RNN: rnnOfCell,
    Rescaling: unmasked(norms.rescaling, false),
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
