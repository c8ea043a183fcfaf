import type { Context, Describe, Value } from '../builder.ts';
import type { Tensor } from '../tensor.ts';
import { featuresOf } from './steps.ts';

/** Inputs that are joined step by step. */
function joinedInputs(
  { builder, layer }: Context,
  inputs: readonly Value[],
  equal: boolean,
): readonly Value[] {
  if (inputs.length < 2) layer.fail(`expected two or more inputs, got ${inputs.length}`);
  const [first] = inputs;
  for (const value of inputs) {
    featuresOf(layer, value);
    if (value.shape.length !== first!.shape.length) layer.fail('a sequence and a vector are not joined');
    if (equal && value.shape.at(-1) !== first!.shape.at(-1))
      layer.fail(`inputs of ${first!.shape.at(-1)} and ${value.shape.at(-1)} features are not joined`);
    builder.sameAxis(first!, value);
  }
  return inputs;
}

/** Where a joined value has its mask and time axis from. */
function joinedFrom(inputs: readonly Value[]): Partial<Value> {
  const axis = inputs.find((value) => value.axis !== undefined)?.axis;
  const mask = inputs.find((value) => value.mask !== undefined)?.mask;
  return { ...(axis === undefined ? {} : { axis }), ...(mask === undefined ? {} : { mask }) };
}

function elementwise(context: Context, type: string, given: readonly Value[]): Value {
  const { builder, layer } = context;
  const inputs = joinedInputs(context, given, true);
  return builder.apply(layer.name, type, {}, inputs, inputs[0]!.shape, joinedFrom(inputs));
}

/** A value times a number. */
function scaled({ builder, layer }: Context, value: Value, alpha: number): Value {
  return builder.apply(layer.name, 'Activation', { activation: { name: 'affine', alpha } }, [value]);
}

export const add: Describe = (context, inputs) => [elementwise(context, 'Add', inputs)];

export const multiply: Describe = (context, inputs) => [elementwise(context, 'Multiply', inputs)];

export const average: Describe = (context, inputs) => [
  scaled(context, elementwise(context, 'Add', inputs), 1 / Math.max(inputs.length, 1)),
];

export const subtract: Describe = (context, inputs) => {
  const { layer } = context;
  if (inputs.length !== 2) layer.fail(`expected two inputs, got ${inputs.length}`);
  return [elementwise(context, 'Add', [inputs[0]!, scaled(context, inputs[1]!, -1)])];
};

export const concatenate: Describe = (context, given) => {
  const { builder, layer } = context;
  const inputs = joinedInputs(context, given, false);
  const { shape } = inputs[0]!;
  layer.only('axis', -1, shape.length);
  const features = inputs.reduce((sum, value) => sum + featuresOf(layer, value), 0);
  return [
    builder.apply(layer.name, 'Concat', {}, inputs, [...shape.slice(0, -1), features], joinedFrom(inputs)),
  ];
};

/** Attention and AdditiveAttention. */
export const attention: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const [query, value, key] = inputs;
  if (inputs.length < 2 || inputs.length > 3)
    layer.fail(`expected query, value and key, got ${inputs.length} inputs`);
  const isAdditive = layer.className === 'AdditiveAttention';
  for (const each of inputs) {
    featuresOf(layer, each);
    if (each.shape.length !== 2) layer.fail('its inputs are not sequences');
  }
  layer.only('causal', false);
  layer.only('score_mode', 'dot');
  if (layer.number('dropout', 0) > 0) builder.ignored.add(`${layer.name}: dropout`);
  for (const each of [value!, key]) {
    if (!each) continue;
    builder.usesMask(each);
    if (each.mask === undefined) builder.allSteps(layer, each);
  }
  if (key) builder.sameAxis(value!, key);
  const features = featuresOf(layer, query);
  const of: Partial<Value> = query!;
  const shape = [query!.shape[0]!, featuresOf(layer, value)];
  const scales = layer.flag('use_scale', isAdditive);
  const made = context.once(() => {
    const scale = scales ? context.weights(isAdditive ? [features] : [])[0]! : undefined;
    if (!isAdditive) {
      // one number, which is not trained here
      if (scale) builder.ignored.add(`${layer.name}: training of use_scale`);
      return { index: builder.layer(layer.name, 'Attention', { kind: 'dot' }), scale: scale?.data[0] };
    }
    const ones: Tensor = { shape: [features], data: new Float32Array(features).fill(1) };
    return { index: builder.layer(layer.name, 'Attention', { kind: 'additive' }, { scale: scale ?? ones }) };
  });
  const asked = made.scale === undefined ? query! : scaled(context, query!, made.scale);
  return [builder.use(made.index, [asked, value!, ...(key ? [key] : [])], shape, of)];
};
