import { ACTIVATIONS, type ActivationName, type ActivationRow } from './activationTable.ts';
import { number, options, reading } from './check.ts';
import { ArgumentError } from './errors.ts';

export { ACTIVATIONS, type ActivationName, type ActivationRow } from './activationTable.ts';

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
