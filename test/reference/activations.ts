import type { ActivationName } from '../../src/activations.ts';
import { sigmoid, softplus } from './math.ts';

/** φ and φ′ of x, given α and β, in float64. */
export interface ActivationReference {
  readonly of: (x: number, alpha: number, beta: number) => number;
  readonly slope: (x: number, alpha: number, beta: number) => number;
  /** Values and slopes below it may be 0. Default: eight times the least normal float32. */
  readonly floor?: number;
  /** Absolute error that φ′ may have at x: where it is a difference of larger numbers. Default 0. */
  readonly slopeSlack?: (x: number) => number;
}

/** 1 − tanh² x without cancellation. */
function tanhSlope(x: number): number {
  const z = Math.exp(-2 * Math.abs(x));
  return (4 * z) / (1 + z) ** 2;
}

/** A row that is missing is a type error. At a corner the slope is that of the side where φ′ is smaller. */
export const activations: Readonly<Record<ActivationName, ActivationReference>> = {
  identity: { of: (x) => x, slope: () => 1 },
  tanh: { of: Math.tanh, slope: tanhSlope },
  sigmoid: { of: sigmoid, slope: (x) => sigmoid(x) * sigmoid(-x) },
  relu: { of: (x) => Math.max(x, 0), slope: (x) => (x <= 0 ? 0 : 1) },
  hardsigmoid: {
    of: (x, alpha, beta) => Math.min(Math.max(alpha * x + beta, 0), 1),
    slope: (x, alpha, beta) => (alpha * x + beta <= 0 || alpha * x + beta >= 1 ? 0 : alpha),
  },
  softsign: {
    of: (x) => (Math.abs(x) === Number.POSITIVE_INFINITY ? Math.sign(x) : x / (1 + Math.abs(x))),
    slope: (x) => 1 / (1 + Math.abs(x)) ** 2,
  },
  softplus: { of: softplus, slope: sigmoid },
  elu: {
    of: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (x, alpha) => (x > 0 ? 1 : alpha * Math.exp(x)),
  },
  leakyrelu: { of: (x, alpha) => (x > 0 ? x : alpha * x), slope: (x, alpha) => (x > 0 ? 1 : alpha) },
  scaledtanh: {
    of: (x, alpha, beta) => alpha * Math.tanh(beta * x),
    slope: (x, alpha, beta) => alpha * beta * tanhSlope(beta * x),
  },
  silu: {
    of: (x) => (x === Number.NEGATIVE_INFINITY ? 0 : x * sigmoid(x)),
    slope: (x) => (Math.abs(x) === Number.POSITIVE_INFINITY ? +(x > 0) : sigmoid(x) * (1 + x * sigmoid(-x))),
    floor: 2 ** -119,
    // 0 at −1.2785
    slopeSlack: (x) => (Math.abs(x + 1.2785) < 0.7 ? 2 ** -23 : 0),
  },
  affine: { of: (x, alpha, beta) => alpha * x + beta, slope: (_, alpha) => alpha },
};
