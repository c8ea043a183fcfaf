import { AllSteps } from './allSteps.ts';

/**
 * Layers of models of Keras that are not in `unrolled`: what `Model.load` needs for a saved model that has some,
 * `Model.load(bytes, { layers: kerasLayers })`.
 */
export const kerasLayers = {
  /** All steps of each row, those that a mask excludes, too. */
  AllSteps,
} as const;
