import type { Context, Describe, Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import { table } from '../layers/steps.ts';
import { flat, shaped, sizesOf } from '../tensors.ts';
import { permuted, slice, stridesOf, view, viewOfFeatures } from './tensors.ts';

/** An Embedding of some of the indices of an input. */
export const embedding: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = layer.one(inputs);
  const { index, embeddingDim } = table(context);
  const shape = [...value.shape, embeddingDim];
  const { of, offset } = value.part!;
  if (value.shape.length > 0 && layer.flag('mask_zero', false))
    layer.refuse('mask_zero', 'at each step of a sequence is not supported');
  const all = builder.use(index, [of], [...of.shape, embeddingDim], { axis: value.ref as number });
  const sizes = sizesOf(context, { shape });
  return [view(context, all, { offset: offset * embeddingDim, sizes, strides: stridesOf(sizes) })];
};

export const permute: Describe = (context, inputs) => {
  const { layer } = context;
  const value = layer.one(inputs);
  const given = layer.get('dims');
  const { length } = value.shape;
  const dims = Array.isArray(given) ? (given as readonly number[]).map((axis) => axis - 1) : [];
  if (dims.length !== length || value.shape.some((_, i) => !dims.includes(i))) layer.refuse('dims');
  return [permuted(context, value, dims)];
};

/** Of a sequence with a fixed number of steps. */
const ofSequence =
  (run: (context: Context, value: Value, steps: number, features: number) => Value): Describe =>
  (context, inputs) => {
    const value = context.layer.one(inputs);
    const [steps, features, more] = sizesOf(context, value);
    if (!features || more) context.layer.fail('its input is not a sequence');
    return [run(context, value, steps!, features!)];
  };

/** An option that is a number, or a list of two, before and after. */
function twoOf(layer: LayerConfig, option: string): readonly [before: number, after: number] {
  const given = layer.get(option) ?? 1;
  const [before, after] = Array.isArray(given) ? given : [given, given];
  for (const each of [before, after])
    if (!Number.isSafeInteger(each) || (each as number) < 0) layer.refuse(option);
  return [before as number, after as number];
}

export const cropping = ofSequence((context, value, steps) => {
  const [before, after] = twoOf(context.layer, 'cropping');
  if (before + after >= steps) context.layer.refuse('cropping', `of ${steps} steps`);
  return slice(context, value, 0, before, steps - before - after);
});

export const zeroPadding = ofSequence((context, value, steps, features) => {
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
  return shaped(context, padded, [all, features]);
});

export const upSampling = ofSequence((context, value, steps, features) => {
  const size = context.layer.size('size', 2);
  const strides = [features, 0, 1];
  return view(context, value, { sizes: [steps, size, features], strides }, [steps * size, features]);
});
