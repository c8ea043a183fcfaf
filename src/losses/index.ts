// The list of losses: entry points, names in descriptions and saved files, and tests follow from it.
export { bceWithLogits } from './bceWithLogits.ts';
export { type CrossEntropyOptions, crossEntropy } from './crossEntropy.ts';
export { type HuberOptions, huber } from './huber.ts';
export { mse } from './mse.ts';
