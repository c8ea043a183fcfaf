import { type Activation, rowOf } from '../activations.ts';

/** Values beyond which a gate counts as saturated; undefined if the function is not bounded on both sides. */
export function saturationOf(activation: Activation): readonly [low: number, high: number] | undefined {
  const { saturation, alpha } = rowOf(activation);
  return saturation?.(alpha);
}

/** Arguments at which the function has these values; undefined except for sigmoid. */
export function argumentSaturationOf(
  activation: Activation,
): readonly [low: number, high: number] | undefined {
  return rowOf(activation).saturationArguments;
}
