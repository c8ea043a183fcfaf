import { type ActivationKind, activationOf, type Activation as OurActivation } from '../activations.ts';
import { each } from './backend/elementwise.ts';
import { HARD_SIGMOID_NAME } from './hardSigmoid.ts';
import type { Activation, TensorFlow } from './tf.ts';

/** Activations of TF.js by name. Its gelu is that of the error function, its gelu_new that of tanh. */
export const ACTIVATIONS: Readonly<Record<string, OurActivation>> = {
  ...each(
    'elu gelu mish relu relu6 selu sigmoid softplus softsign tanh'.split(' '),
    (_, name) => name as OurActivation,
  ),
  gelu_new: 'gelutanh',
  hardSigmoid: 'hardsigmoid',
  [HARD_SIGMOID_NAME]: { name: 'hardsigmoid', alpha: 1 / 6 },
  linear: 'identity',
  swish: 'silu',
};

/** The kernels' arguments for TF.js's activations, by their class. */
export type ActivationKinds = ReadonlyMap<unknown, ActivationKind>;

/** The classes, from layers made for this; those that another version lacks are left out. */
export function activationKinds(tf: TensorFlow): ActivationKinds {
  const make = tf.layers.activation as unknown as (args: object) => { activation: Activation };
  const kinds = new Map<unknown, ActivationKind>();
  for (const [activation, ours] of Object.entries(ACTIVATIONS)) {
    const kind = activationOf(activation, ours);
    try {
      kinds.set(make({ activation, name: 'unrolled' }).activation.constructor, kind);
    } catch {
      // this version lacks it
    }
  }
  return kinds;
}
