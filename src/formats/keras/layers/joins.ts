import type { Context, Describe, Value } from '../builder.ts';
import { axisOf } from '../tensors.ts';

/** Where a joined value has its mask and time axis from. */
export function joinedFrom(inputs: readonly Value[]): Partial<Value> {
  const { axis, derived } = inputs.find((value) => value.axis !== undefined) ?? {};
  const mask = inputs.find((value) => value.mask !== undefined)?.mask;
  return { axis, derived, mask };
}

/** Whether inputs have the same sizes, but for those after `rank` of them, the same time axis, and a mask or none, as they are. */
function areAlike({ builder, layer }: Context, inputs: readonly Value[], rank: number): boolean {
  for (const value of inputs) layer.features(value);
  const [{ shape, mask }] = inputs as readonly [Value];
  const own = inputs.filter(({ axis }) => axis !== undefined);
  const [like] = own;
  const fits =
    inputs.length > 1 &&
    inputs.every(
      (value) =>
        value.shape.length === shape.length &&
        (value.mask === undefined) === (mask === undefined) &&
        value.shape.slice(0, rank).every((size, i) => {
          const known = inputs.find((each) => each.shape[i] !== null);
          return size === null || size === known?.shape[i];
        }) &&
        (!like || (value.axis !== undefined && value.derived === like.derived)),
    );
  if (fits && like) for (const value of inputs) builder.sameAxis(like, value);
  return fits;
}

/** Add and Multiply of inputs of one shape. */
const joined =
  (type: string): Describe =>
  (context, inputs) => {
    const { builder, layer, rare } = context;
    const isProduct = type === 'Multiply' && inputs.some(({ mask }) => mask !== undefined);
    if (isProduct || !areAlike(context, inputs, Number.POSITIVE_INFINITY)) return rare('these inputs');
    return [builder.apply(layer.name, type, {}, inputs, inputs[0]!.shape, joinedFrom(inputs))];
  };

export const add = joined('Add');
export const multiply = joined('Multiply');

/** Inputs one after the other, features after features. */
export const concatenate: Describe = (context, inputs) => {
  const { builder, layer, rare } = context;
  const last = (inputs[0]?.shape.length ?? 1) - 1;
  if (!areAlike(context, inputs, last) || axisOf(context, layer.get('axis') ?? -1, inputs[0]!) !== last)
    return rare('this axis');
  const features = inputs.reduce((sum, value) => sum + layer.features(value), 0);
  const steps = inputs[0]!.shape
    .slice(0, -1)
    .map((_, i) => inputs.map(({ shape }) => shape[i]!).find((size) => size !== null) ?? null);
  return [builder.apply(layer.name, 'Concat', {}, inputs, [...steps, features], joinedFrom(inputs))];
};
