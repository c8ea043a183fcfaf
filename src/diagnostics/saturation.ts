import { type Activation, activationOf, nameOf } from '../activations.ts';

/** The largest and the smallest float32 inside 0..1. */
const ABOVE_0 = 2 ** -126;
const BELOW_1 = 1 - 2 ** -24;

/**
 * Values beyond which a gate counts as saturated; undefined where a function has no bound on both sides. The slope there
 * is, of the largest: of σ below 4 %, of tanh 2 %, of softsign 2 %; of hardsigmoid 0.
 */
export function saturationOf(activation: Activation): readonly [low: number, high: number] | undefined {
  const { alpha } = activationOf('activation', activation);
  switch (nameOf(activation)) {
    case 'sigmoid':
      return [0.01, 0.99];
    case 'tanh':
      return [-0.99, 0.99];
    case 'scaledtanh':
      return [-0.99 * Math.abs(alpha), 0.99 * Math.abs(alpha)];
    case 'softsign':
      return [-0.86, 0.86];
    case 'hardsigmoid':
      return [ABOVE_0, BELOW_1];
    default:
      return undefined;
  }
}

/** Where the function's argument is when its value is at these bounds; undefined for others than sigmoid. */
export function argumentSaturationOf(
  activation: Activation,
): readonly [low: number, high: number] | undefined {
  // ln(0.99 / 0.01)
  return nameOf(activation) === 'sigmoid' ? [-4.59512, 4.59512] : undefined;
}
