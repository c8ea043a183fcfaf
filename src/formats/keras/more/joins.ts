import type { Describe, Value } from '../builder.ts';
import { JOINS_3, type Json } from '../json.ts';
import { joinedFrom } from '../layers/joins.ts';
import { affine, axisOf, flat, type Making, sizesOf } from '../tensors.ts';
import {
  concatenated,
  LARGEST,
  multiplied,
  normalized,
  notJoined,
  permuted,
  repeatingStrides,
  view,
  viewOfFeatures,
} from './tensors.ts';

/** The shape that inputs have with sizes of 1 repeated, as NumPy but for the batch. */
function commonShape({ layer }: Making, inputs: readonly Pick<Value, 'shape'>[]): (number | null)[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const padded = inputs.map(({ shape }) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  return Array.from({ length: rank }, (_, i) => {
    const sizes = new Set(padded.map((shape) => shape[i]!));
    sizes.delete(1);
    const isOpen = sizes.delete(null as never);
    if (sizes.size > 1) notJoined(layer, inputs);
    const [size = isOpen ? null : 1] = sizes;
    return size;
  });
}

/** A value of a shape in which it is repeated; like: a sequence of as many steps. */
function repeated(
  making: Making,
  value: Value,
  shape: readonly (number | null)[],
  like: Value | undefined,
): Value {
  const { builder, layer } = making;
  const own = value.shape;
  const last = shape.at(-1)!;
  const wide = own.at(-1) === last ? value : undefined;
  if (shape.length > 2 || !like) {
    const sizes = sizesOf(making, { shape });
    if (sizes.length === own.length && sizes.every((size, i) => size === own[i])) return value;
    const from = [...Array<number>(sizes.length - own.length).fill(1), ...sizesOf(making, value)];
    return view(making, value, { sizes, strides: repeatingStrides(from) });
  }
  const rows = wide ?? viewOfFeatures(making, value, { sizes: [last], strides: [0] });
  if (own.length === shape.length && (own[0] !== 1 || shape[0] === 1)) return rows;
  const vector = flat(making, rows);
  return builder.apply(layer.name, 'RepeatVector', {}, [vector, like], shape, like);
}

/** Sequences on one time axis. */
function onOneAxis(making: Making, values: readonly Value[]): readonly Value[] {
  const { builder, layer } = making;
  if (values[0]!.shape.length < 2) return values;
  const own = values.filter((value) => value.axis !== undefined);
  const like = own.find((value) => value.mask !== undefined) ?? own[0];
  if (!like) return values;
  return values.map((value) => {
    builder.sameAxis(like, value);
    if (value.axis !== undefined && value.derived === like.derived) return value;
    return builder.apply(layer.name, 'SameSteps', {}, [value, like], value.shape, like);
  });
}

/** Inputs of one shape, with sizes of 1 repeated, on one time axis. */
function alike(making: Making, inputs: readonly Value[]): readonly Value[] {
  const { layer } = making;
  if (inputs.some(({ shape }) => shape.length)) for (const value of inputs) layer.features(value);
  const shape = commonShape(making, inputs);
  const like =
    shape.length === 2 ? inputs.find(({ shape: own }) => own.length === 2 && own[0] === shape[0]) : undefined;
  return onOneAxis(
    making,
    inputs.map((value) => repeated(making, value, shape, like)),
  );
}

/** What stands for steps that do not count where Keras leaves them out: if one input has no mask, if all have one. */
const LEFT_OUT: Readonly<Record<string, readonly [number, number]>> = {
  Multiply: [1, 0],
  maximum: [-LARGEST, -LARGEST],
  minimum: [LARGEST, LARGEST],
};

/** Inputs as their join sees them: from Keras 3.4 on none has a mask if one has none. */
function withMasks({ builder, layer }: Making, inputs: readonly Value[], kind: string): readonly Value[] {
  if (inputs.length < 2) layer.fail(`expected two or more inputs, got ${inputs.length}`);
  const count = inputs.filter(({ mask }) => mask !== undefined).length;
  const all = count === inputs.length;
  const fill = LEFT_OUT[kind]?.[Number(all)];
  if (!count || (all && fill === undefined)) return inputs;
  const isNew = layer.get(JOINS_3);
  if (isNew === null) layer.fail('masks of an unknown version of Keras are not supported');
  if (!isNew) return inputs;
  return inputs.map((value, i) => {
    let own = value;
    if (fill !== undefined && !(all && !i)) {
      builder.usesMask(layer, value);
      own = builder.filled(layer.name, value, fill);
    }
    return all ? own : builder.unmasked(layer, own);
  });
}

/** Element by element: all at once, or by `Combine` two by two. */
export function elementwise(
  making: Making,
  type: string,
  given: readonly Value[],
  options: { readonly kind?: string } = {},
): Value {
  const { builder, layer } = making;
  const inputs = alike(making, withMasks(making, given, options.kind ?? type));
  const join = (values: readonly Value[]) =>
    builder.apply(layer.name, type, options, values, values[0]!.shape, joinedFrom(values));
  return type === 'Combine' ? inputs.reduce((a, b) => join([a, b])) : join(inputs);
}

export const difference = (making: Making, a: Value, b: Value): Value =>
  elementwise(making, 'Add', [a, affine(making, b, -1)]);

export const average: Describe = (context, inputs) => [
  affine(context, elementwise(context, 'Add', inputs), 1 / inputs.length),
];

function two({ layer }: Making, inputs: readonly Value[]): readonly [Value, Value] {
  if (inputs.length !== 2) layer.fail(`expected two inputs, got ${inputs.length}`);
  return inputs as readonly [Value, Value];
}

export const subtract: Describe = (context, inputs) => {
  const [a, b] = two(context, inputs);
  return [difference(context, a, b)];
};

/** Inputs one after the other on an axis. */
export function joinedOn(making: Making, values: readonly Value[], axis: Json): Value {
  const { builder, layer } = making;
  const given = withMasks(making, values, 'Concat');
  const [first] = given;
  const at = axisOf(making, axis, first!);
  for (const value of given) {
    layer.features(value);
    if (value.shape.length !== first!.shape.length) notJoined(layer, given);
  }
  if (at < first!.shape.length - 1) {
    if (values.some(({ mask }) => mask !== undefined))
      layer.refuse('axis', 'of sequences with a mask is not supported');
    return concatenated(making, given, at);
  }
  const inputs = onOneAxis(making, given);
  const features = inputs.reduce((sum, value) => sum + layer.features(value), 0);
  const steps = commonShape(
    making,
    inputs.map(({ shape }) => ({ shape: [...shape.slice(0, -1), 1] })),
  ).slice(0, -1);
  return builder.apply(layer.name, 'Concat', {}, inputs, [...steps, features], joinedFrom(inputs));
}

/** Sums of products over one axis of each of two inputs. */
export const dot: Describe = (context, inputs) => {
  const { layer } = context;
  const given = layer.get('axes');
  const axes = Array.isArray(given) ? given : [given ?? null, given ?? null];
  const [a, b] = two(context, inputs).map((value, i) => {
    layer.features(value);
    if (value.shape.length > 2) layer.fail(`an input of shape [batch, ${value.shape}] is not supported`);
    const axis = axisOf(context, axes[i], value);
    const own = layer.flag('normalize', false) ? normalized(context, value, axis) : value;
    const { length } = own.shape;
    // summed over the last axis of the first input, and over the first of the second one
    const isThere = axis === (i ? 0 : length - 1);
    return length === 1 || isThere ? own : permuted(context, own, [1, 0]);
  }) as [Value, Value];
  const k = sizesOf(context, a).at(-1)!;
  if (sizesOf(context, b)[0] !== k) notJoined(layer, inputs);
  const rest = [...a.shape.slice(0, -1), ...b.shape.slice(1)] as number[];
  const sizes = [a.shape.length > 1 ? a.shape[0]! : 1, k, b.shape[1] ?? 1] as const;
  return [multiplied(context, [a, b], sizes, rest.length ? rest : [1])];
};

/** What is joined element by element. */
export const joined =
  (type: string, kind?: string): Describe =>
  (context, inputs) => [elementwise(context, type, inputs, kind ? { kind } : {})];

/** Of any axis. */
export const concatenate: Describe = (context, inputs) => [
  joinedOn(context, inputs, context.layer.get('axis') ?? -1),
];
