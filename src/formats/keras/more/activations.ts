import type { Describe } from '../builder.ts';
import type { Json } from '../json.ts';
import { either } from '../layers/activations.ts';
import { axisOf, flat, product, shaped, sizesOf } from '../tensors.ts';
import { LARGEST, mapped, softmaxed, stridesOf } from './tensors.ts';

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
/** Most weights of a PReLU, which has more here than in the file. */
const MOST_WEIGHTS = 2 ** 20;

export const prelu: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = layer.one(inputs);
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
    context.builder.noteIgnored(context.layer);
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
