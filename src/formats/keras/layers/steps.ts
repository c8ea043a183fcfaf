import { activationOf, withActivation } from '../activations.ts';
import type { Context, Describe, Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import type { Tensor } from '../tensor.ts';
import { transposed } from '../tensor.ts';

/** The number of features of a value. @throws {FormatError} if it is not fixed, or the value has more dimensions */
export function featuresOf(layer: LayerConfig, value: Value | undefined): number {
  if (!value) return layer.fail('it has no input');
  const { shape } = value;
  if (shape.length < 1 || shape.length > 2)
    layer.fail(`an input of shape [batch, ${shape}] is not supported`);
  return shape.at(-1) ?? layer.fail('the number of its input features is not fixed');
}

/** The only input. */
export function only(layer: LayerConfig, inputs: readonly Value[]): Value {
  return inputs.length === 1 ? inputs[0]! : layer.fail(`expected one input, got ${inputs.length}`);
}

/** The shape of a value with another number of features. */
export function withFeatures({ shape }: Value, features: number): Value['shape'] {
  return [...shape.slice(0, -1), features];
}

/** Options whose effect is in training only. */
const TRAINING_ONLY = /_(regularizer|constraint)$/;

/** Notes options that change training in Keras but not here. */
export function noteIgnored({ builder, layer }: Pick<Context, 'builder' | 'layer'>): void {
  for (const [option, value] of Object.entries(layer.options)) {
    if (value !== null && value !== undefined && TRAINING_ONLY.test(option))
      builder.ignored.add(`${layer.name}: ${option}`);
  }
}

export const dense: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = only(layer, inputs);
  const inFeatures = featuresOf(layer, value);
  const outFeatures = layer.size('units');
  const index = context.once(() => {
    noteIgnored(context);
    const bias = layer.flag('use_bias', true);
    const activation = activationOf(layer, 'activation');
    const [kernel, added] = context.weights([inFeatures, outFeatures], ...(bias ? [[outFeatures]] : []));
    return builder.layer(
      layer.name,
      'Linear',
      { inFeatures, outFeatures, bias, ...withActivation(activation) },
      { weight: transposed(kernel!), ...(added ? { bias: added } : {}) },
    );
  });
  return [builder.use(index, [value], withFeatures(value, outFeatures))];
};

export const embedding: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = only(layer, inputs);
  const { ref } = value;
  if (typeof ref !== 'number') return layer.fail('its input is not an input of the model');
  const numEmbeddings = layer.size('input_dim');
  const embeddingDim = layer.size('output_dim');
  const index = context.once(() => {
    noteIgnored(context);
    const [weight] = context.weights([numEmbeddings, embeddingDim]);
    return builder.layer(layer.name, 'Embedding', { numEmbeddings, embeddingDim }, { weight: weight! });
  });
  const isSequence = value.shape.length > 0;
  const isMasked = isSequence && layer.flag('mask_zero', false) && builder.maskInput(value, 0);
  const of = { axis: isSequence ? ref : undefined, mask: isMasked ? ref : undefined };
  return [builder.use(index, [value], [...value.shape, embeddingDim], of)];
};

export const masking: Describe = ({ builder, layer }, inputs) => {
  const value = only(layer, inputs);
  const maskValue = layer.number('mask_value', 0);
  if (value.shape.length !== 2 || !builder.maskInput(value, maskValue))
    layer.fail('a Masking layer is supported directly behind an input that is a sequence');
  return [{ ...value, mask: value.ref as number }];
};

export const activation: Describe = ({ builder, layer }, inputs) => {
  const value = only(layer, inputs);
  featuresOf(layer, value);
  const activation = activationOf(layer, 'activation');
  return [builder.apply(layer.name, 'Activation', { activation }, [value])];
};

/** A layer that is an activation. */
function activationLayer(of: (layer: LayerConfig, value: Value) => unknown): Describe {
  return ({ builder, layer }, inputs) => {
    const value = only(layer, inputs);
    featuresOf(layer, value);
    return [builder.apply(layer.name, 'Activation', { activation: of(layer, value) }, [value])];
  };
}

/** An option under its name in Keras 3 or in Keras 2. */
const either = (layer: LayerConfig, option: string, older: string, otherwise: number) =>
  layer.number(layer.get(option) === undefined ? older : option, otherwise);

export const leakyRelu = activationLayer((layer) => {
  return { name: 'leakyrelu', alpha: either(layer, 'negative_slope', 'alpha', 0.3) };
});

export const elu = activationLayer((layer) => ({ name: 'elu', alpha: layer.number('alpha', 1) }));

export const softmax = activationLayer((layer, { shape }) => {
  layer.only('axis', -1, shape.length);
  return 'softmax';
});

export const relu = activationLayer((layer) => {
  layer.only('threshold', 0);
  layer.only('max_value', 6);
  const slope = layer.get('negative_slope') ?? 0;
  if (slope === 0) return layer.get('max_value') === 6 ? 'relu6' : 'relu';
  if (layer.get('max_value') === 6) layer.refuse('negative_slope', 'with a max_value is not supported');
  return { name: 'leakyrelu', alpha: layer.number('negative_slope') };
});

/** Layers that do something in training only. */
export const identity: Describe = ({ builder, layer }, inputs) => {
  builder.ignored.add(`${layer.name}: ${layer.className}`);
  return [only(layer, inputs)];
};

export const dropout: Describe = (context, inputs) => {
  const { layer } = context;
  const value = only(layer, inputs);
  featuresOf(layer, value);
  const noise = layer.get('noise_shape');
  // [batch, 1, features]: the same at all steps
  if (Array.isArray(noise)) {
    if (noise.length !== 3 || noise[1] !== 1 || value.shape.length !== 2) layer.refuse('noise_shape');
    return spatialDropout(context, inputs);
  }
  return dropped(context, value, 'Dropout');
};

export const spatialDropout: Describe = (context, inputs) => {
  return dropped(context, only(context.layer, inputs), 'Dropout1d');
};

function dropped({ builder, layer }: Context, value: Value, type: string): Value[] {
  // Keras 1 called it p
  const p = layer.number(layer.get('rate') === undefined ? 'p' : 'rate');
  if (!(p >= 0 && p < 1)) layer.refuse('rate', 'is not between 0 and 1');
  return [builder.apply(layer.name, type, { p }, [value])];
}

export const batchNorm: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = only(layer, inputs);
  const size = featuresOf(layer, value);
  layer.only('axis', -1, value.shape.length, [value.shape.length]);
  layer.only('renorm', false);
  layer.only('mode', 0);
  const index = context.once(() => {
    noteIgnored(context);
    const momentum = 1 - layer.number('momentum', 0.99);
    const eps = layer.number('epsilon', 1e-3);
    const [scale, center] = [layer.flag('scale', true), layer.flag('center', true)];
    const given = context.weights(
      ...Array.from({ length: 2 + Number(scale) + Number(center) }, () => [size]),
    );
    const weight = scale ? given.shift()! : filled(size, 1);
    const bias = center ? given.shift()! : filled(size, 0);
    const [running_mean, running_var] = given as [Tensor, Tensor];
    return builder.layer(
      layer.name,
      'BatchNorm',
      { size, momentum, eps },
      { weight, bias, running_mean, running_var },
    );
  });
  return [builder.use(index, [value], value.shape)];
};

export const layerNorm: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = only(layer, inputs);
  const size = featuresOf(layer, value);
  layer.only('axis', -1, [-1], value.shape.length, [value.shape.length]);
  layer.only('rms_scaling', false);
  const index = context.once(() => {
    noteIgnored(context);
    const eps = layer.number('epsilon', 1e-3);
    const [scale, bias] = [layer.flag('scale', true), layer.flag('center', true)];
    const given = context.weights(...Array.from({ length: Number(scale) + Number(bias) }, () => [size]));
    const weight = scale ? given.shift()! : filled(size, 1);
    return builder.layer(
      layer.name,
      'LayerNorm',
      { size, eps, bias },
      { weight, ...(bias ? { bias: given[0]! } : {}) },
    );
  });
  return [builder.use(index, [value], value.shape)];
};

function filled(size: number, value: number): Tensor {
  return { shape: [size], data: new Float32Array(size).fill(value) };
}
