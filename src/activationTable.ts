/** Float32 next to 0, 1 and 6, between 0 and them. */
const ABOVE_0 = 2 ** -126;
const BELOW_1 = 1 - 2 ** -24;
const BELOW_6 = 6 - 2 ** -21;

/** Properties of an activation used by diagnostics and kernels. */
export interface ActivationRow {
  /** Its constant in assembly/math/activation.ts. */
  readonly kind: number;
  /** Default α; undefined if it has none. */
  readonly alpha?: number | undefined;
  /** Default β; undefined if it has none. */
  readonly beta?: number | undefined;
  /** The largest |φ′|. */
  readonly largestSlope: (alpha: number, beta: number) => number;
  /**
   * Values beyond which a gate counts as saturated; undefined if the function is not bounded on both sides. There the
   * slope is at most 4 % (σ), 2 % (tanh, softsign) or 0 (hardsigmoid) of the largest.
   */
  readonly saturation?: ((alpha: number) => readonly [low: number, high: number]) | undefined;
  /** Arguments at which it has these values, if saturation is determined by arguments. */
  readonly saturationArguments?: readonly [low: number, high: number] | undefined;
}

const one = () => 1;

/** The list of activations; names, kernel constants, diagnostics and tests are derived from it. */
export const ACTIVATIONS = {
  identity: { kind: 0, largestSlope: one },
  tanh: { kind: 1, largestSlope: one, saturation: () => [-0.99, 0.99] },
  sigmoid: {
    kind: 2,
    largestSlope: () => 0.25,
    saturation: () => [0.01, 0.99],
    // ln(0.99 / 0.01)
    saturationArguments: [-4.59512, 4.59512],
  },
  relu: { kind: 3, largestSlope: one },
  hardsigmoid: {
    kind: 4,
    alpha: 0.2,
    beta: 0.5,
    largestSlope: Math.abs,
    saturation: () => [ABOVE_0, BELOW_1],
  },
  softsign: { kind: 5, largestSlope: one, saturation: () => [-0.86, 0.86] },
  softplus: { kind: 6, largestSlope: one },
  elu: { kind: 7, alpha: 1, largestSlope: (alpha) => Math.max(1, Math.abs(alpha)) },
  leakyrelu: { kind: 8, alpha: 0.01, largestSlope: (alpha) => Math.max(1, Math.abs(alpha)) },
  scaledtanh: {
    kind: 9,
    alpha: 1,
    beta: 1,
    largestSlope: (alpha, beta) => Math.abs(alpha * beta),
    saturation: (alpha) => [-0.99 * Math.abs(alpha), 0.99 * Math.abs(alpha)],
  },
  silu: { kind: 11, largestSlope: () => 1.0998393 },
  affine: { kind: 10, alpha: 1, beta: 0, largestSlope: Math.abs },
  relu6: { kind: 12, largestSlope: one, saturation: () => [ABOVE_0, BELOW_6] },
  selu: {
    kind: 13,
    alpha: 1.6732632423543772,
    beta: 1.0507009873554805,
    largestSlope: (alpha, beta) => Math.max(Math.abs(beta), Math.abs(alpha * beta)),
  },
  mish: { kind: 14, largestSlope: () => 1.0884982 },
  gelu: { kind: 15, largestSlope: () => 1.1289041 },
  gelutanh: { kind: 16, largestSlope: () => 1.1289931 },
  exponential: { kind: 17, largestSlope: () => Number.POSITIVE_INFINITY },
} as const satisfies Readonly<Record<string, ActivationRow>>;

/** Names of the activations. */
export type ActivationName = keyof typeof ACTIVATIONS;
