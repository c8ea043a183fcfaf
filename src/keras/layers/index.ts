import { AllSteps } from './allSteps.ts';
import { FoldSteps, TakeSteps } from './blocks.ts';
import { SameSteps } from './sameSteps.ts';
import { SoftmaxSteps } from './softmaxSteps.ts';

/**
 * Layers of models of Keras that are not in `unrolled`: what `Model.load` needs for a saved model that has some,
 * `Model.load(bytes, { layers: kerasLayers })`.
 */
export const kerasLayers = { AllSteps, FoldSteps, SameSteps, SoftmaxSteps, TakeSteps } as const;
