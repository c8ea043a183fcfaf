import { number, options, reading } from './check.ts';
import { ArgumentError } from './errors.ts';

/** Float32 next to 0, 1 and 6, between 0 and them. */
const ABOVE_0 = 2 ** -126;
const BELOW_1 = 1 - 2 ** -24;
const BELOW_6 = 6 - 2 ** -21;

/** Properties of an activation used by diagnostics and kernels. */
interface ActivationRow {
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

/**
 * An activation, by name or with its α and β.
 *
 * | name | φ(x) | α, β |
 * |---|---|---|
 * | `identity`, `tanh`, `sigmoid`, `relu` | x, tanh x, 1/(1 + e^−x), max(x, 0) | |
 * | `hardsigmoid` | αx + β clamped to 0..1 | 0.2, 0.5 |
 * | `softsign`, `softplus` | x/(1 + \|x\|), ln(1 + e^x) | |
 * | `elu` | x, or α(e^x − 1) where x <= 0 | 1 |
 * | `leakyrelu` | x, or αx where x <= 0 | 0.01 |
 * | `scaledtanh` | α·tanh(βx) | 1, 1 |
 * | `affine` | αx + β | 1, 0 |
 * | `silu` | x/(1 + e^−x) (Elfwing et al. 2017) | |
 * | `relu6` | x clamped to 0..6 | |
 * | `selu` | βx, or αβ(e^x − 1) where x <= 0 (Klambauer et al. 2017) | 1.67326, 1.0507 |
 * | `mish` | x·tanh(ln(1 + e^x)) (Misra 2019) | |
 * | `gelu` | x·Φ(x), Φ of the normal distribution (Hendrycks & Gimpel 2016) | |
 * | `gelutanh` | x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, an approximation of it | |
 * | `exponential` | e^x | |
 *
 * `hardsigmoid` has the slope 0.2 of ONNX, Keras 1 and 2 and TensorFlow.js. PyTorch and Keras 3 use 1/6: `{ name:
 * 'hardsigmoid', alpha: 1 / 6 }`.
 */
export type Activation =
  | ActivationName
  | {
      /** Name of the function. */
      readonly name: ActivationName;
      /** α. Default: as in the table. */
      readonly alpha?: number | undefined;
      /** β. Default: as in the table. */
      readonly beta?: number | undefined;
    };

/** Arguments of the kernels: the function's constant, α and β (0 if it has none). */
export interface ActivationKind {
  readonly kind: number;
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Converts an activation to the kernels' arguments.
 * @throws {ArgumentError} if a name or key is unknown, α or β is not finite, or given for a function without it
 */
export function activationOf(argument: string, given: unknown): ActivationKind {
  return reading(argument, given, () => readActivation(argument, given));
}

function readActivation(argument: string, given: unknown): ActivationKind {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return known(argument, given);
  const { name, alpha, beta } = options(argument, given as Record<'name' | 'alpha' | 'beta', unknown>, {
    name: true,
    alpha: true,
    beta: true,
  });
  const own = known(`${argument}.name`, name);
  return {
    kind: own.kind,
    alpha: parameter(`${argument}.alpha`, alpha, 'alpha', name as ActivationName) ?? own.alpha,
    beta: parameter(`${argument}.beta`, beta, 'beta', name as ActivationName) ?? own.beta,
  };
}

/** The properties of an activation, and its α and β. @throws {ArgumentError} if it is not an activation */
export function rowOf(activation: Activation): ActivationRow & ActivationKind {
  return { ...ACTIVATIONS[nameOf(activation)], ...activationOf('activation', activation) };
}

/** The activation for the kernels' arguments. */
export function activationFrom({ kind, alpha, beta }: ActivationKind): Activation {
  const found = Object.entries(ACTIVATIONS).find(([, own]) => own.kind === kind)!;
  const name = found[0] as ActivationName;
  const own = known('activation', name);
  const changed = {
    ...(alpha === own.alpha ? {} : { alpha }),
    ...(beta === own.beta ? {} : { beta }),
  };
  return Object.keys(changed).length ? { name, ...changed } : name;
}

/** The name of an activation, with or without α and β. */
export function nameOf(activation: Activation): ActivationName {
  return typeof activation === 'string' ? activation : activation.name;
}

function known(argument: string, name: unknown): ActivationKind {
  if (typeof name !== 'string' || !Object.hasOwn(ACTIVATIONS, name)) {
    const names = Object.keys(ACTIVATIONS).join(', ');
    throw new ArgumentError(argument, `one of ${names}, or { name, alpha, beta }`, name);
  }
  const { kind, alpha = 0, beta = 0 }: ActivationRow = ACTIVATIONS[name as ActivationName];
  return { kind, alpha, beta };
}

function parameter(argument: string, value: unknown, key: string, name: ActivationName): number | undefined {
  if (value === undefined) return undefined;
  if (!(key in ACTIVATIONS[name]))
    throw new ArgumentError(argument, `undefined, since ${name} has no ${key}`, value);
  return number(argument, value);
}
