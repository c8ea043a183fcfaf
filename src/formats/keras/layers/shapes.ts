import type { Context, Describe, Value } from '../builder.ts';
import type { Json } from '../json.ts';
import { flat, product, reshaped, sizesOf } from '../tensors.ts';

export const flatten: Describe = (context, inputs) => {
  const value = context.layer.one(inputs);
  context.layer.features(value);
  context.layer.only('data_format', 'channels_last');
  return [flat(context, value)];
};

export const repeatVector: Describe = ({ builder, layer }, inputs) => {
  const value = layer.one(inputs);
  const features = layer.features(value);
  if (value.shape.length !== 1) layer.fail('its input is not a vector');
  const n = layer.size('n');
  return [builder.apply(layer.name, 'RepeatVector', { n }, [value], [n, features], {})];
};

export const reshape: Describe = (context, inputs) => {
  const { layer } = context;
  const value = layer.one(inputs);
  layer.features(value);
  const target = layer.get('target_shape');
  return target === undefined ? context.rare('no target_shape') : [reshapedTo(context, value, target)];
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
  if (shape.length === 2 && target.length === 2 && target[0] === -1 && target[1] === shape[1])
    return context.builder.unmasked(layer, value);
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
