import type { Describe, Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import { axisOf } from '../tensors.ts';

/** A layer that is an activation. */
function activationLayer(of: (layer: LayerConfig, value: Value) => unknown): Describe {
  return ({ builder, layer }, inputs) => {
    const value = layer.one(inputs);
    layer.features(value);
    return [builder.apply(layer.name, 'Activation', { activation: of(layer, value) }, [value])];
  };
}

/** An option under its name in Keras 3 or in Keras 2. */
export const either = (layer: LayerConfig, option: string, older: string, otherwise: number) =>
  layer.number(layer.get(option) === undefined ? older : option, otherwise);

export const leakyRelu = activationLayer((layer) => {
  return { name: 'leakyrelu', alpha: either(layer, 'negative_slope', 'alpha', 0.3) };
});

export const elu = activationLayer((layer) => ({ name: 'elu', alpha: layer.number('alpha', 1) }));

export const softmax: Describe = (context, inputs) => {
  const { builder, layer, rare } = context;
  const value = layer.one(inputs);
  layer.features(value);
  if (axisOf(context, layer.get('axis') ?? -1, value) < value.shape.length - 1) return rare('this axis');
  return [builder.apply(layer.name, 'Activation', { activation: 'softmax' }, [value])];
};

export const relu: Describe = ({ builder, layer, rare }, inputs) => {
  const value = layer.one(inputs);
  layer.features(value);
  const slope = layer.number('negative_slope', 0);
  const most = layer.get('max_value') ?? null;
  if (layer.number('threshold', 0) !== 0 || (most !== null && (most !== 6 || slope !== 0)))
    return rare('this threshold or max_value');
  const activation = most ? 'relu6' : slope ? { name: 'leakyrelu', alpha: slope } : 'relu';
  return [builder.apply(layer.name, 'Activation', { activation }, [value])];
};
