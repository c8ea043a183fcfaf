import { floats } from '../allocate.ts';
import type { Shape } from '../onnxWriter/modelView.ts';
import { activationName, numbersOf } from './activations.ts';
import {
  type KerasLayer,
  type LayerCall,
  type LayerWriter,
  plain,
  transposed,
  type Weight,
} from './layerCall.ts';
import { recurrent } from './recurrent.ts';

/** What works over steps: a vector is a sequence of one. */
const overSteps =
  (write: LayerWriter): LayerWriter =>
  (call) => {
    const layers = write(call);
    return call.shapes[0]!.axis ? layers : [plain('RepeatVector', { n: 1 }), ...layers, plain('Flatten')];
  };

/** Writers of layers by type: layers of Keras 2 that TensorFlow.js has, too. */
export const WRITERS: Readonly<Record<string, LayerWriter>> = {
  LSTM: overSteps(recurrent),
  GRU: overSteps(recurrent),
  RNN: overSteps(recurrent),
  Embedding: ({ isMasked, parameters }) => {
    const weight = parameters('weight')!;
    const [inputs, outputs] = weight.shape;
    const config = { input_dim: inputs, output_dim: outputs, mask_zero: isMasked };
    return [{ className: 'Embedding', config, weights: { embeddings: weight } }];
  },
  Linear: (call) => {
    const { config, parameters, refuse } = call;
    if (config.tied !== undefined) throw refuse('a weight that is tied');
    const kernel = transposed(parameters('weight')!);
    return activated(call, 'Dense', { units: kernel.shape[1] }, withBias(call, { kernel }));
  },
  Activation: (call) => activated(call, 'Activation', {}, {}),
  Dropout: ({ config }) => [plain('Dropout', { rate: config.p })],
  Dropout1d: overSteps(({ config }) => [plain('SpatialDropout1D', { rate: config.p })]),
  LayerNorm: ({ config, parameters }) => {
    const [gamma, beta] = [parameters('weight'), parameters('bias')];
    const flags = { center: beta !== undefined, scale: gamma !== undefined };
    const weights = { ...(gamma ? { gamma } : {}), ...(beta ? { beta } : {}) };
    return [
      { className: 'LayerNormalization', config: { axis: -1, epsilon: config.eps, ...flags }, weights },
    ];
  },
  BatchNorm: ({ config, parameters }) => {
    const of = (name: string) => parameters(name)!;
    const weights = {
      gamma: of('weight'),
      beta: of('bias'),
      moving_mean: of('running_mean'),
      moving_variance: of('running_var'),
    };
    const options = { axis: -1, epsilon: config.eps, momentum: 1 - Number(config.momentum ?? 0.1) };
    return [{ className: 'BatchNormalization', config: { ...options, center: true, scale: true }, weights }];
  },
  Conv1d: overSteps((call) => {
    const { config, keras, parameters, refuse } = call;
    if (config.groups !== 1) throw refuse('its groups');
    if (config.padding === 'causal' && !keras)
      throw refuse('causal padding in TensorFlow.js (the option keras writes it for Keras)');
    if (Number(config.stride) > 1 && Number(config.dilation) > 1) throw refuse('a stride and a dilation');
    const { shape, data } = parameters('weight')!;
    const [O, I, K] = shape as [number, number, number];
    // [out, in, kernel] to [kernel, in, out]
    const turned = floats(data.length);
    for (let o = 0; o < O; o++)
      for (let i = 0; i < I; i++)
        for (let k = 0; k < K; k++) turned[(k * I + i) * O + o] = data[(o * I + i) * K + k]!;
    const options = {
      filters: O,
      kernel_size: [K],
      strides: [config.stride],
      dilation_rate: [config.dilation],
      padding: paddingOf(call, ['valid', 'same', 'causal']),
      data_format: 'channels_last',
    };
    return activated(call, 'Conv1D', options, withBias(call, { kernel: { shape: [K, I, O], data: turned } }));
  }),
  MaxPool1d: overSteps((call) => [plain('MaxPooling1D', poolOf(call))]),
  AvgPool1d: overSteps((call) => [plain('AveragePooling1D', poolOf(call))]),
  Pool: ({ config, refuse }) => {
    if (config.kind === 'mean') return [plain('GlobalAveragePooling1D')];
    if (config.kind === 'max') return [plain('GlobalMaxPooling1D')];
    throw refuse(`the ${String(config.kind)} of all steps`);
  },
  // unlike Flatten, it may be behind a free number of steps
  Flatten: ({ config, shapes }) => [
    plain('Reshape', { target_shape: [Number(config.steps) * shapes[0]!.size] }),
  ],
  Attention: ({ config, keras, parameters, refuse, shapes }) => {
    const [query] = shapes as [Shape];
    if (!keras) throw refuse('attention in TensorFlow.js (the option keras writes it for Keras)');
    if (!query.axis) throw refuse('attention of a vector');
    if (config.units !== undefined) throw refuse('projected queries and keys');
    if (config.kind === 'dot') return [plain('Attention', { use_scale: false })];
    // 1 / √features as the weight by which scores are multiplied
    const scale =
      config.kind === 'additive'
        ? parameters('scale')!
        : { shape: [], data: Float32Array.of(1 / Math.sqrt(query.size)) };
    const className = config.kind === 'additive' ? 'AdditiveAttention' : 'Attention';
    return [{ className, config: { use_scale: true }, weights: { scale } }];
  },
  Concat: () => [plain('Concatenate', { axis: -1 })],
  Add: () => [plain('Add')],
  Multiply: () => [plain('Multiply')],
  RepeatVector: ({ config, refuse }) => {
    if (config.n === undefined) throw refuse('a number of repeats that is that of a sequence');
    return [plain('RepeatVector', { n: config.n })];
  },
};

function withBias({ parameters }: LayerCall, weights: Record<string, Weight>): Record<string, Weight> {
  const bias = parameters('bias');
  return bias ? { ...weights, bias } : weights;
}

/** A layer with its activation: an option of it, or a layer behind it. */
function activated(
  { config, refuse, type }: LayerCall,
  className: string,
  options: Readonly<Record<string, unknown>>,
  weights: Readonly<Record<string, Weight>>,
): readonly KerasLayer[] {
  const given = config.activation ?? 'identity';
  const isOwn = type === 'Activation';
  const name = activationName(given);
  const more = isOwn ? {} : { use_bias: weights.bias !== undefined };
  if (name !== undefined) return [{ className, config: { ...options, ...more, activation: name }, weights }];
  const { name: kind, alpha } = numbersOf(given);
  const behind = { leakyrelu: 'LeakyReLU', elu: 'ELU' }[kind];
  if (!behind) throw refuse(`its activation ${JSON.stringify(given)}`);
  const layer = plain(behind, { alpha });
  return isOwn
    ? [layer]
    : [{ className, config: { ...options, ...more, activation: 'linear' }, weights }, layer];
}

function poolOf(call: LayerCall): Record<string, unknown> {
  const { size, stride } = call.config;
  return { pool_size: [size], strides: [stride], padding: paddingOf(call, ['valid', 'same']) };
}

function paddingOf({ config, refuse }: LayerCall, known: readonly string[]): string {
  const padding = config.padding === 0 ? 'valid' : String(config.padding);
  if (!known.includes(padding)) throw refuse(`its padding ${padding}`);
  return padding;
}
