import type { Describe } from '../builder.ts';
import type { Tensor } from '../tensor.ts';
import { axisOf } from '../tensors.ts';

/** BatchNormalization of features. */
export const batchNormOfFeatures: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = layer.one(inputs);
  const size = layer.features(value);
  layer.only('renorm', false);
  layer.only('mode', 0);
  const index = context.once(() => {
    builder.noteIgnored(layer);
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

/** LayerNormalization of features. */
export const layerNormOfFeatures: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = layer.one(inputs);
  const size = layer.features(value);
  layer.only('rms_scaling', false);
  const index = context.once(() => {
    builder.noteIgnored(layer);
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

/** Of the last axis. */
const ofLast =
  (normalize: Describe): Describe =>
  (context, inputs) => {
    const { layer, rare } = context;
    const value = layer.one(inputs);
    layer.features(value);
    const axes = [layer.get('axis') ?? -1].flat();
    const isLast = axes.length === 1 && axisOf(context, axes[0], value) === value.shape.length - 1;
    return isLast ? normalize(context, inputs) : rare('this axis');
  };

export const batchNorm = ofLast(batchNormOfFeatures);
export const layerNorm = ofLast(layerNormOfFeatures);
