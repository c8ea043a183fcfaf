import type { Describe, Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import type { Json } from '../json.ts';
import { featuresOf, only } from './steps.ts';

export const flatten: Describe = ({ builder, layer }, inputs) => {
  const value = only(layer, inputs);
  const features = featuresOf(layer, value);
  layer.only('data_format', 'channels_last');
  if (value.shape.length === 1) return [value];
  const steps = stepsOf(layer, value);
  const all = builder.allSteps(layer, value);
  return [builder.apply(layer.name, 'Flatten', { steps }, [all], [steps * features])];
};

/** @throws {FormatError} if the number of steps is not fixed */
function stepsOf(layer: LayerConfig, { shape }: Value): number {
  return shape[0] ?? layer.fail('the number of its input steps is not fixed');
}

export const repeatVector: Describe = ({ builder, layer }, inputs) => {
  const value = only(layer, inputs);
  const features = featuresOf(layer, value);
  if (value.shape.length !== 1) layer.fail('its input is not a vector');
  const n = layer.size('n');
  return [builder.apply(layer.name, 'RepeatVector', { n }, [value], [n, features], {})];
};

export const reshape: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = only(layer, inputs);
  featuresOf(layer, value);
  const { shape } = value;
  const target = targetOf(layer, shape);
  if (target.length === shape.length && target.at(-1) === shape.at(-1)) return [value];
  const [vector] = shape.length === 2 ? flatten(context, inputs) : [value];
  if (target.length === 1) return [vector!];
  const [n, features] = [target[0]!, target[1]!];
  if (n === 1) return [builder.apply(layer.name, 'RepeatVector', { n }, [vector!], [1, features], {})];
  return [builder.apply(layer.name, 'Unflatten', { steps: n }, [vector!], [n, features], {})];
};

/** The target shape, with -1 replaced. */
function targetOf(layer: LayerConfig, shape: Value['shape']): number[] {
  const given = layer.get('target_shape');
  const isSize = (size: Json) => Number.isSafeInteger(size) && ((size as number) >= 1 || size === -1);
  if (!Array.isArray(given) || given.length < 1 || given.length > 2 || !(given as Json[]).every(isSize))
    return layer.refuse('target_shape');
  const target = given as number[];
  // [-1, features] of a sequence with as many features
  if (shape.length === 2 && target.length === 2 && target[0] === -1 && target[1] === shape[1])
    return [shape[0] ?? -1, target[1]!];
  const total = shape.reduce<number>((n, size) => n * (size ?? Number.NaN), 1);
  const known = target.filter((size) => size > 0).reduce((a, b) => a * b, 1);
  const open = target.filter((size) => size < 0).length;
  if (Number.isNaN(total)) layer.fail('the number of its input steps is not fixed');
  if (open > 1 || total % known || (!open && total !== known))
    layer.refuse('target_shape', `of ${total} values`);
  return target.map((size) => (size < 0 ? total / known : size));
}
