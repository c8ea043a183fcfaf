import type { LayerConfig } from './config.ts';
import { field, HARD_SIGMOID, isObject, type Json } from './json.ts';

/** An activation of this package. */
export type Activation =
  | string
  | { readonly name: string; readonly alpha?: number | undefined; readonly beta?: number | undefined };

/** Those with the same name here. */
const SAME = 'tanh sigmoid relu softmax elu selu softplus softsign exponential silu gelu mish relu6';

/** By their name in Keras. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  ...Object.fromEntries(SAME.split(' ').map((name) => [name, name])),
  linear: 'identity',
  log_softmax: 'logSoftmax',
  swish: 'silu',
  // max(0, min(1, x / 5 + 1 / 2)) in Keras 2, x / 6 + 1 / 2 in Keras 3
  hard_sigmoid: 'hardsigmoid',
  [HARD_SIGMOID]: { name: 'hardsigmoid', alpha: 1 / 6 },
  leaky_relu: { name: 'leakyrelu', alpha: 0.2 },
};

/** Those over the features of a step, which gates have not. */
const OVER_FEATURES = ['softmax', 'logSoftmax'];

/** The activation of an option, by default the identity. @throws {FormatError} if it is unknown */
export function activationOf(layer: LayerConfig, option: string, otherwise = 'linear'): Activation {
  const given = layer.get(option) ?? otherwise;
  // a layer as activation
  const { class_name: className, config } = isObject(given) ? given : {};
  if (className === 'LeakyReLU' && isObject(config)) {
    const alpha = config.negative_slope ?? config.alpha ?? 0.3;
    if (typeof alpha === 'number') return { name: 'leakyrelu', alpha };
  }
  const name = nameOf(given);
  if (typeof name === 'string' && Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name]!;
  return layer.refuse(option);
}

/** As activationOf, of the gates of a recurrent layer. A missing option is the default, null the identity. */
export function gateActivation(layer: LayerConfig, option: string, otherwise: string): Activation {
  const found = activationOf(layer, option, layer.get(option) === null ? 'linear' : otherwise);
  return typeof found === 'string' && OVER_FEATURES.includes(found) ? layer.refuse(option) : found;
}

/** The name of an activation, which may be an object { class_name, config }. */
function nameOf(given: Json): Json | undefined {
  if (!isObject(given)) return given;
  const config = field(given, 'config');
  if (typeof config === 'string') return config;
  return isObject(config) ? (field(config, 'activation') ?? field(config, 'name')) : undefined;
}
