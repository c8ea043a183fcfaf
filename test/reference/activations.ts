import type { ActivationName } from '../../src/activations.ts';
import { sigmoid, softplus } from './math.ts';

/** φ and φ′ of x, given α and β, in float64. */
export interface ActivationReference {
  readonly of: (x: number, alpha: number, beta: number) => number;
  readonly slope: (x: number, alpha: number, beta: number) => number;
  /** Values and slopes below it may be 0. Default: eight times the least normal float32. */
  readonly floor?: number;
  /** Absolute error that φ may have. Default 0. */
  readonly slack?: number;
  /** Absolute error that φ′ may have at x: where it is a difference of larger numbers. Default 0. */
  readonly slopeSlack?: (x: number) => number;
}

/** 1 − tanh² x without cancellation. */
function tanhSlope(x: number): number {
  const z = Math.exp(-2 * Math.abs(x));
  return (4 * z) / (1 + z) ** 2;
}

const ROOT = Math.sqrt(2 / Math.PI);

function cubic(x: number): number {
  return 2 * ROOT * (x + 0.044715 * x ** 3);
}

/** P(X <= x) of a normal X: the Taylor series of erf, or the continued fraction of erfc (Laplace) far from 0. */
function normal(x: number): number {
  const a = Math.abs(x);
  const density = Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI);
  let tail: number;
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 100; n++) sum += term *= (a * a) / (2 * n + 1);
    tail = 0.5 - density * sum;
  } else {
    let fraction = a;
    for (let n = 100; n > 0; n--) fraction = a + n / fraction;
    tail = density / fraction;
  }
  return x < 0 ? tail : 1 - tail;
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
  relu6: { of: (x) => Math.min(Math.max(x, 0), 6), slope: (x) => (x <= 0 || x >= 6 ? 0 : 1) },
  selu: {
    of: (x, alpha, beta) => (x > 0 ? beta * x : alpha * beta * Math.expm1(x)),
    slope: (x, alpha, beta) => (x > 0 ? beta : alpha * beta * Math.exp(x)),
  },
  mish: {
    of: (x) => (x === Number.NEGATIVE_INFINITY ? 0 : x * Math.tanh(softplus(x))),
    slope: (x) => {
      if (Math.abs(x) === Number.POSITIVE_INFINITY) return +(x > 0);
      return Math.tanh(softplus(x)) + x * tanhSlope(softplus(x)) * sigmoid(x);
    },
    floor: 2 ** -119,
    // 0 at −1.1924
    slopeSlack: (x) => (Math.abs(x + 1.1924) < 0.7 ? 2 ** -22 : 0),
  },
  gelu: {
    of: (x) => (Math.abs(x) > 50 ? Math.max(x, 0) : x * normal(x)),
    slope: (x) =>
      Math.abs(x) > 50 ? +(x > 0) : normal(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
    slack: 4e-7,
    slopeSlack: () => 2e-6,
  },
  gelutanh: {
    of: (x) => (Math.abs(x) > 50 ? Math.max(x, 0) : x * sigmoid(cubic(x))),
    slope: (x) => {
      if (Math.abs(x) > 50) return +(x > 0);
      const u = cubic(x);
      return sigmoid(u) + x * sigmoid(u) * sigmoid(-u) * 2 * ROOT * (1 + 3 * 0.044715 * x * x);
    },
    slack: 4e-7,
    slopeSlack: () => 2e-6,
  },
  exponential: { of: Math.exp, slope: Math.exp },
  affine: { of: (x, alpha, beta) => alpha * x + beta, slope: (_, alpha) => alpha },
};
