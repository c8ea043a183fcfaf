import { ACTIVATIONS, type ActivationName } from '../activations.ts';

/** Activations of Keras 2 and TensorFlow.js by their name here. */
const NAMES: Readonly<Record<string, string>> = {
  identity: 'linear',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  relu: 'relu',
  relu6: 'relu6',
  elu: 'elu',
  selu: 'selu',
  softplus: 'softplus',
  softsign: 'softsign',
  hardsigmoid: 'hard_sigmoid',
  silu: 'swish',
  gelu: 'gelu',
  mish: 'mish',
  softmax: 'softmax',
  logSoftmax: 'log_softmax',
};

type Given = string | { readonly name: string; readonly alpha?: number; readonly beta?: number };

/** The name of an activation, whose numbers must be the usual ones; undefined if there is none like it. */
export function activationName(given: unknown = 'identity'): string | undefined {
  const { name, alpha, beta } = numbersOf(given);
  const { alpha: usualAlpha, beta: usualBeta } = numbersOf(name);
  if (alpha !== usualAlpha || beta !== usualBeta) return undefined;
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}

/** An activation with its numbers. */
export function numbersOf(given: unknown): { name: string; alpha: number; beta: number } {
  const { name, alpha, beta } = (typeof given === 'string' ? { name: given } : given) as Exclude<
    Given,
    string
  >;
  const row: { readonly kind?: number; readonly alpha?: number; readonly beta?: number } = Object.hasOwn(
    ACTIVATIONS,
    name,
  )
    ? ACTIVATIONS[name as ActivationName]
    : {};
  return { name, alpha: alpha ?? row.alpha ?? 0, beta: beta ?? row.beta ?? 0 };
}
