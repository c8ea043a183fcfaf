import type { Describe } from '../builder.ts';
import type { Json } from '../json.ts';
import { either } from '../layers/activations.ts';
import { axisOf, flat, shaped, sizesOf } from '../tensors.ts';
import { LARGEST, MOST_VALUES, mapped, repeatingStrides, softmaxed } from './tensors.ts';

/** Over any axis. */
export const softmax: Describe = (context, inputs) => {
  const value = context.layer.one(inputs);
  return [softmaxed(context, value, axisOf(context, context.layer.get('axis') ?? -1, value))];
};

export const relu: Describe = (context, inputs) => {
  const { layer } = context;
  const value = layer.one(inputs);
  layer.features(value);
  // Keras 2 calls the only option of ThresholdedReLU theta
  const threshold = either(layer, 'threshold', 'theta', layer.className === 'ReLU' ? 0 : 1);
  const slope = layer.number('negative_slope', 0);
  const most = layer.get('max_value') ?? null;
  return [
    mapped(context, value, 'relu', most === null ? LARGEST : layer.number('max_value'), slope, threshold),
  ];
};
export const prelu: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = layer.one(inputs);
  const { shape } = value;
  const shared = layer.get('shared_axes') ?? [];
  const axes = ([shared].flat() as readonly Json[]).map((axis) => axisOf(context, axis, value));
  const own = shape.map((size, i) => (axes.includes(i) ? 1 : (size ?? sizesOf(context, value)[i]!)));
  // one weight per feature, or one per value of a row
  const isPerStep = own.slice(0, -1).every((size) => size === 1);
  const read = isPerStep ? value : flat(context, value);
  const size = read.shape.at(-1)!;
  // it has more weights here than in the file
  if (size > MOST_VALUES) layer.refuse('shared_axes', `of ${size} values`);
  const index = context.once(() => {
    builder.noteIgnored(layer);
    const [given] = context.weights(own);
    const { data } = given!;
    const strides = repeatingStrides(own);
    const each = Float32Array.from({ length: size }, (_, at) => {
      let from = 0;
      for (let i = own.length, left = at; i--; left = Math.floor(left / shape[i]!))
        from += (isPerStep && i < own.length - 1 ? 0 : left % shape[i]!) * strides[i]!;
      return data[from]!;
    });
    if (each.length > data.length) builder.ignored.add(`${layer.name}: shared_axes`);
    return builder.layer(layer.name, 'PReLU', { size }, { weight: { shape: [size], data: each } });
  });
  const output = builder.use(index, [read], read.shape);
  return [
    isPerStep ? output : builder.masked(layer, shaped(context, output, sizesOf(context, value)), value),
  ];
};
