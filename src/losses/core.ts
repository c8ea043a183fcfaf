// The list of losses that unrolled/core and slim have.
export { bceWithLogits } from './bceWithLogits.ts';
export { type CrossEntropyOptions, crossEntropy } from './crossEntropy.ts';
export { mse } from './mse.ts';
