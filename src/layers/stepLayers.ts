// The list of layers that keep features and steps: entry points, saved models and tests follow from it.
export { Activation } from './activation.ts';
export type { LayerActivation } from './activationPass.ts';
export { BatchNorm, type BatchNormOptions } from './batchNorm.ts';
export { Dropout1d } from './dropout1d.ts';
export { LayerNorm, type LayerNormOptions } from './layerNorm.ts';
