import { activationOf } from '../activations.ts';
import type { Describe, Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import type { Json } from '../json.ts';
import { axisOf, flat, LARGEST, mapped, product, shaped, sizesOf, softmaxed, stridesOf } from '../tensors.ts';
import { featuresOf, noteIgnored, only } from '../values.ts';

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

export const softmax: Describe = (context, inputs) => {
  const value = only(context.layer, inputs);
  featuresOf(context.layer, value);
  return [softmaxed(context, value, axisOf(context, context.layer.get('axis') ?? -1, value))];
};

export const relu: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = only(layer, inputs);
  featuresOf(layer, value);
  // Keras 2 calls the only option of ThresholdedReLU theta
  const threshold = either(layer, 'threshold', 'theta', layer.className === 'ReLU' ? 0 : 1);
  const slope = layer.number('negative_slope', 0);
  const most = layer.get('max_value') ?? null;
  if (threshold === 0 && (most === null || (most === 6 && slope === 0))) {
    const activation = most ? 'relu6' : slope ? { name: 'leakyrelu', alpha: slope } : 'relu';
    return [builder.apply(layer.name, 'Activation', { activation }, [value])];
  }
  return [
    mapped(context, value, 'relu', most === null ? LARGEST : layer.number('max_value'), slope, threshold),
  ];
};

/** Most weights of a PReLU, which has more here than in the file. */
const MOST_WEIGHTS = 2 ** 20;

export const prelu: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = only(layer, inputs);
  const { shape } = value;
  const shared = layer.get('shared_axes') ?? [];
  const axes = ([shared].flat() as readonly Json[]).map((axis) => axisOf(context, axis, value));
  const own = shape.map((size, i) =>
    axes.includes(i) ? 1 : (size ?? layer.refuse('shared_axes', 'lacks steps, whose number is not fixed')),
  );
  // one weight per feature, or one per value of a row
  const isPerStep = own.slice(0, -1).every((size) => size === 1);
  const read = isPerStep ? value : flat(context, value);
  const size = read.shape.at(-1)!;
  if (size > MOST_WEIGHTS) layer.refuse('shared_axes', `of ${size} values`);
  const index = context.once(() => {
    noteIgnored(context);
    const [given] = context.weights(own);
    const { data } = given!;
    const strides = stridesOf(own);
    const each = Float32Array.from({ length: size }, (_, at) => {
      const places = (isPerStep ? [size] : (shape as readonly number[])).map(
        (n, i, all) => Math.floor(at / product(all.slice(i + 1))) % n,
      );
      const last = places.reduce(
        (sum, place, i) =>
          sum + (own.at(i - places.length) === 1 ? 0 : place * strides.at(i - places.length)!),
        0,
      );
      return data[last]!;
    });
    if (each.length > data.length) builder.ignored.add(`${layer.name}: shared_axes`);
    return builder.layer(layer.name, 'PReLU', { size }, { weight: { shape: [size], data: each } });
  });
  const output = builder.use(index, [read], read.shape);
  return [isPerStep ? output : shaped(context, output, sizesOf(context, value))];
};
