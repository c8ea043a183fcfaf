import { type Activation, rowOf } from '../activations.ts';

/** Values beyond which a gate counts as saturated; undefined where a function has no bound on both sides. */
export function saturationOf(activation: Activation): readonly [low: number, high: number] | undefined {
  const { saturation, alpha } = rowOf(activation);
  return saturation?.(alpha);
}

/** Where the function's argument is when its value is at these bounds; undefined for others than sigmoid. */
export function argumentSaturationOf(
  activation: Activation,
): readonly [low: number, high: number] | undefined {
  return rowOf(activation).saturationArguments;
}
