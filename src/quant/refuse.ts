import type { LayerScope } from '../engine/layer.ts';
import type { Network } from '../engine/network.ts';
import { StateError } from '../errors.ts';
import type { ModelBase } from '../model/core/modelBase.ts';

function refused(): StateError {
  return new StateError("a quantized model can't be trained: train the model that it was made from");
}

let evaluating = false;

/** @throws {StateError} if a plan is for training */
export function refuseTraining({ training }: LayerScope): void {
  if (training && !evaluating) throw refused();
}

/** Refuses trainers, updaters and backward passes of a network: they all begin with its gradients. */
export function refuseGradients(network: Network): void {
  Object.defineProperty(network, 'gradients', {
    get() {
      throw refused();
    },
    configurable: true,
  });
}

/** Runs a call in which a model can have a trainer that only evaluates, without memory for gradients. */
export function withoutGradients<T>(model: ModelBase, call: () => T): T {
  const { network, trainer } = model;
  const own = Object.getOwnPropertyDescriptor(network, 'gradients');
  Object.defineProperty(network, 'gradients', { value: network.block, configurable: true });
  evaluating = true;
  try {
    return call();
  } finally {
    evaluating = false;
    model.trainer = trainer;
    if (own) Object.defineProperty(network, 'gradients', own);
    else Reflect.deleteProperty(network, 'gradients');
  }
}
