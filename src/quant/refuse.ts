import type { LayerScope } from '../engine/layer.ts';
import type { Network } from '../engine/network.ts';
import { StateError } from '../errors.ts';

function refused(): StateError {
  return new StateError("a quantized model can't be trained: train the model that it was made from");
}

/** @throws {StateError} if a plan is for training */
export function refuseTraining({ training }: LayerScope): void {
  if (training) throw refused();
}

/** Refuses trainers, updaters and backward passes of a network: they all begin with its gradients. */
export function refuseGradients(network: Network): void {
  Object.defineProperty(network, 'gradients', {
    get() {
      throw refused();
    },
  });
}
