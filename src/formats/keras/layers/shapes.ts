import type { Context, Describe, Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import type { Json } from '../json.ts';
import {
  flat,
  permuted,
  product,
  reshaped,
  shaped,
  sizesOf,
  slice,
  view,
  viewOfFeatures,
} from '../tensors.ts';
import { featuresOf, only } from '../values.ts';

export const flatten: Describe = (context, inputs) => {
  const value = only(context.layer, inputs);
  featuresOf(context.layer, value);
  context.layer.only('data_format', 'channels_last');
  return [flat(context, value)];
};

export const repeatVector: Describe = ({ builder, layer }, inputs) => {
  const value = only(layer, inputs);
  const features = featuresOf(layer, value);
  if (value.shape.length !== 1) layer.fail('its input is not a vector');
  const n = layer.size('n');
  return [builder.apply(layer.name, 'RepeatVector', { n }, [value], [n, features], {})];
};

export const reshape: Describe = (context, inputs) => {
  const { layer } = context;
  const value = only(layer, inputs);
  featuresOf(layer, value);
  return [reshapedTo(context, value, layer.get('target_shape'))];
};

/** A value in another shape without the batch, one size of which may be −1. */
export function reshapedTo(
  context: Pick<Context, 'builder' | 'layer'>,
  value: Value,
  given: Json | undefined,
): Value {
  const { layer } = context;
  const { shape } = value;
  const refuse = (why: string) => layer.fail(`a shape ${JSON.stringify(given)} of ${why} is not supported`);
  const isSize = (size: Json) => Number.isSafeInteger(size) && ((size as number) >= 1 || size === -1);
  if (!Array.isArray(given) || given.length > 8 || !(given as Json[]).every(isSize)) return refuse('Reshape');
  const target = given as number[];
  // [-1, features] of a sequence with as many features
  if (shape.length === 2 && target.length === 2 && target[0] === -1 && target[1] === shape[1]) return value;
  const total = product(sizesOf(context, value));
  const known = product(target.filter((size) => size > 0));
  const open = target.filter((size) => size < 0).length;
  if (open > 1 || total % known || (!open && total !== known)) refuse(`${total} values`);
  return reshaped(
    context,
    value,
    target.map((size) => (size < 0 ? total / known : size)),
  );
}

export const permute: Describe = (context, inputs) => {
  const { layer } = context;
  const value = only(layer, inputs);
  const given = layer.get('dims');
  const { length } = value.shape;
  const dims = Array.isArray(given) ? (given as readonly number[]).map((axis) => axis - 1) : [];
  if (dims.length !== length || value.shape.some((_, i) => !dims.includes(i))) layer.refuse('dims');
  return [permuted(context, value, dims)];
};

/** The number of steps and features of a sequence with a fixed number of steps. */
function sequenceSizes({ layer }: Context, value: Value): readonly [steps: number, features: number] {
  const sizes = sizesOf({ layer }, value);
  if (sizes.length !== 2) layer.fail('its input is not a sequence');
  return sizes as readonly [number, number];
}

/** An option that is a number, or a list of two, before and after. */
function twoOf(layer: LayerConfig, option: string): readonly [before: number, after: number] {
  const given = layer.get(option) ?? 1;
  const [before, after] = Array.isArray(given) ? given : [given, given];
  for (const each of [before, after])
    if (!Number.isSafeInteger(each) || (each as number) < 0) layer.refuse(option);
  return [before as number, after as number];
}

export const cropping: Describe = (context, inputs) => {
  const value = only(context.layer, inputs);
  const [steps] = sequenceSizes(context, value);
  const [before, after] = twoOf(context.layer, 'cropping');
  if (before + after >= steps) context.layer.refuse('cropping', `of ${steps} steps`);
  return [slice(context, value, 0, before, steps - before - after)];
};

export const zeroPadding: Describe = (context, inputs) => {
  const value = only(context.layer, inputs);
  const [steps, features] = sequenceSizes(context, value);
  const [before, after] = twoOf(context.layer, 'padding');
  const all = before + steps + after;
  const sizes = [steps * features];
  const vector = flat(context, value);
  const padded = viewOfFeatures(context, vector, {
    offset: before * features,
    sizes,
    strides: [1],
    into: all * features,
  });
  return [shaped(context, padded, [all, features])];
};

export const upSampling: Describe = (context, inputs) => {
  const value = only(context.layer, inputs);
  const [steps, features] = sequenceSizes(context, value);
  const size = context.layer.size('size', 2);
  const strides = [features, 0, 1];
  return [view(context, value, { sizes: [steps, size, features], strides }, [steps * size, features])];
};
