import type { Describe } from '../builder.ts';
import type { Json } from '../json.ts';
import { batchNormOfFeatures, layerNormOfFeatures } from '../layers/norms.ts';
import { affine, axisOf, product, reshaped, sizesOf } from '../tensors.ts';
import { MOST_VALUES, normalized, onAxis } from './tensors.ts';

export const rescaling: Describe = (context, inputs) => {
  const { layer } = context;
  return [affine(context, layer.one(inputs), layer.number('scale'), layer.number('offset', 0))];
};

/** (x − mean) / √variance per feature, both from the data or options. */
export const normalization: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = layer.one(inputs);
  const size = layer.features(value);
  layer.only('axis', -1, [-1], value.shape.length, [value.shape.length]);
  const index = context.once(() => {
    const given = ['mean', 'variance'].map((option) => layer.get(option));
    // its numbers are options here
    if (size > MOST_VALUES) layer.fail(`${size} features are not supported`);
    const isGiven = given.every((each) => each !== undefined && each !== null);
    const [mean, variance] = isGiven
      ? given.map((each) => [each].flat(4) as readonly number[])
      : context.weights([size], [size], []).map(({ data }) => [...data]);
    const at = (list: readonly number[] | undefined, i: number) => {
      const number = list?.[list.length === 1 ? 0 : i];
      return Number.isFinite(number) ? number! : layer.refuse('mean', 'does not fit the features');
    };
    const own = Array.from({ length: size }, (_, i) => {
      const factor = 1 / Math.max(Math.sqrt(at(variance, i)), 1e-7);
      return layer.flag('invert', false) ? [1 / factor, at(mean, i)] : [factor, -at(mean, i) * factor];
    });
    const [scale, offset] = [0, 1].map((k) => own.map((each) => each[k]!));
    return builder.layer(layer.name, 'Affine', { scale, offset });
  });
  return [builder.use(index, [value], value.shape)];
};

/** Of the last axis a vector of length 1. */
export const unitNormalization: Describe = (context, inputs) => {
  const value = context.layer.one(inputs);
  const axis = [context.layer.get('axis') ?? -1].flat() as readonly Json[];
  if (axis.length > 1) context.layer.refuse('axis');
  return [normalized(context, value, axisOf(context, axis[0], value))];
};

/** Normalizes over an axis, by default the last one: what is made of a value whose last axis it is. */
function onOwnAxis(normalize: Describe): Describe {
  return (context, inputs) => {
    const { layer } = context;
    const value = layer.one(inputs);
    layer.features(value);
    const axis = [layer.get('axis') ?? -1].flat() as readonly Json[];
    const axes = axis.map((each) => axisOf(context, each, value)).sort();
    // over the last axes together
    if (axes.length > 1) {
      const { length } = value.shape;
      if (
        layer.className === 'BatchNormalization' ||
        axes.some((each, i) => each !== length - axes.length + i)
      )
        layer.refuse('axis');
      const sizes = sizesOf(context, value);
      const joined = reshaped(context, value, [
        ...sizes.slice(0, -axes.length),
        product(sizes.slice(-axes.length)),
      ]);
      const weights = (...shapes: readonly (readonly number[])[]) =>
        context
          .weights(...shapes.map(() => sizes.slice(-axes.length)))
          .map(({ data }) => ({ shape: [data.length], data }));
      const made = normalize({ ...context, weights }, [joined])[0]!;
      return [context.builder.masked(layer, reshaped(context, made, sizes), value)];
    }
    return [onAxis(context, value, axes[0]!, (rows) => normalize(context, [rows])[0]!)];
  };
}

const rmsNormOfFeatures: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = layer.one(inputs);
  const size = layer.features(value);
  const index = context.once(() => {
    const [weight] = context.weights([size]);
    return builder.layer(
      layer.name,
      'RMSNorm',
      { size, eps: layer.number('epsilon', 1e-6) },
      { weight: weight! },
    );
  });
  return [builder.use(index, [value], value.shape)];
};

export const rmsNorm = onOwnAxis(rmsNormOfFeatures);
export const batchNorm = onOwnAxis(batchNormOfFeatures);
export const layerNorm = onOwnAxis(layerNormOfFeatures);
