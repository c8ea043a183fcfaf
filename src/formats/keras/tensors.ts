import type { Context, Value } from './builder.ts';

// A tensor [B, a, b, F] is a sequence [a · b, B, F] here, step after step, and where its numbers change places a vector
// [B, a · b · F].

/** The part of a context that these functions need. */
export type Making = Pick<Context, 'builder' | 'layer'>;

/** Sizes without the batch, all of which must be known. */
export function sizesOf(
  { layer }: Pick<Context, 'layer'>,
  { shape }: Pick<Value, 'shape'>,
): readonly number[] {
  if (shape.includes(null)) layer.fail('the number of its input steps is not fixed');
  return shape as readonly number[];
}

/** Number of values. */
export const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** An axis among the dimensions, which count the batch and may be negative, as an index without the batch. */
export function axisOf({ layer }: Making, axis: unknown, { shape }: Pick<Value, 'shape'>): number {
  const rank = shape.length + 1;
  const at = typeof axis === 'number' && axis < 0 ? axis + rank : axis;
  if (!Number.isSafeInteger(at) || (at as number) < 1 || (at as number) >= rank)
    layer.fail(`axis ${JSON.stringify(axis)} of [batch, ${shape}] is not supported`);
  return (at as number) - 1;
}

/** All values of a row as one vector. */
export function flat(making: Making, value: Value): Value {
  if (value.shape.length < 2) return value;
  const { builder, layer } = making;
  const sizes = sizesOf(making, value);
  const all = builder.allSteps(layer, value);
  const steps = product(sizes.slice(0, -1));
  return builder.apply(layer.name, 'Flatten', { steps }, [all], [product(sizes)]);
}

/** A vector as a tensor of this shape. */
export function shaped({ builder, layer: { name } }: Making, vector: Value, shape: readonly number[]): Value {
  if (shape.length < 2) return { ...vector, shape };
  return builder.apply(name, 'Unflatten', { steps: product(shape.slice(0, -1)) }, [vector], shape, {});
}

/** α · x + β. */
export function affine({ builder, layer }: Making, value: Value, alpha: number, beta = 0): Value {
  if (alpha === 1 && beta === 0) return value;
  const activation = { name: 'affine', alpha, ...(beta ? { beta } : {}) };
  return builder.apply(layer.name, 'Activation', { activation }, [value]);
}

/** The same values, in the same order, in another shape. */
export function reshaped(making: Making, value: Value, shape: readonly number[]): Value {
  const sizes = sizesOf(making, value);
  if (shape.length > 1 && sizes.length > 1 && shape.at(-1) === sizes.at(-1)) {
    const { builder, layer } = making;
    return { ...builder.unmasked(layer, value), shape };
  }
  return shaped(making, flat(making, value), shape);
}
